import { DownloadOutlined } from '@ant-design/icons'
import { Button, Table } from 'antd'
import { path } from '@/api/client'
import { useFileFields, type FileField } from '@/api/records'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useBilingual, useText } from '@/text/language'
import css from './records.module.css'
import { recordsText } from './text'

/** The entry standard: what it is, the document, and its table of fields. */
export function StandardPart() {
  const t = useText(recordsText)
  const pick = useBilingual()
  const fields = useFileFields()
  return (
    <Panel title={t('part.standard')}>
      <p>{t('standard.text')}</p>
      <div className={css.bar}>
        {(['html', 'md'] as const).map((kind) => (
          <Button key={kind} icon={<DownloadOutlined aria-hidden />} href={path(`/records/standard.${kind}`)} download>{t(`standard.${kind}`)}</Button>
        ))}
      </div>
      <ProblemNote error={fields.error} onRetry={() => void fields.refetch()} />
      <Table<FileField>
        size="small" rowKey="code" dataSource={fields.data?.items ?? []} loading={fields.isLoading} pagination={false} scroll={{ x: 'max-content' }} title={() => t('standard.fields')}
        columns={[
          { key: 'name', title: t('fields.field'), render: (_, row) => pick(row) },
          { key: 'code', title: t('standard.code'), render: (_, row) => row.code },
          { key: 'reported', title: t('standard.reported'), render: (_, row) => row.reported },
          { key: 'mandatory', title: t('standard.mandatory'), render: (_, row) => (row.mandatory.includes('all') ? t('standard.every') : row.mandatory.join(' / ')) },
          { key: 'how', title: t('standard.how'), render: (_, row) => [pick({ zh: row.note_zh, en: row.note_en }), row.example].filter(Boolean).join(' · ') },
        ]}
      />
    </Panel>
  )
}
