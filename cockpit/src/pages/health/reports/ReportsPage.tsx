import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button, Progress, Table, Tooltip } from 'antd'
import { useState } from 'react'
import { path } from '@/api/client'
import { isMaking, useReports, type Report } from '@/api/reports'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { HealthNav } from '../HealthNav'
import css from '../told.module.css'
import { MakeReport } from './MakeReport'
import { reportsText, type ReportsKey } from './text'

const FILES = ['pdf', 'xlsx'] as const

/** Monthly reports: have one made, follow it, fetch it, make it anew after a correction. */
export default function ReportsPage() {
  const t = useText(reportsText)
  const f = useFormat()
  const can = useCan()
  const trail = useTrail()
  const found = useReports({ after: trail.after, limit: 30 })
  const [making, setMaking] = useState<Report | 'new' | null>(null)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {can('health.write') && <Button type="primary" onClick={() => setMaking('new')}>{t('make')}</Button>}
      </PageHead>
      <HealthNav />
      <Panel flush>
        <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
        <Table<Report>
          size="small" rowKey="id" pagination={false} scroll={{ x: 1080 }} loading={found.isPending && !found.error}
          dataSource={found.data?.items ?? []}
          locale={{ emptyText: <Teach title={t('none')}>{t('noneTeach')}</Teach> }}
          columns={[
            { title: t('column.month'), dataIndex: 'month', width: 100 },
            { title: t('column.region'), dataIndex: 'region', width: 90 },
            { title: t('column.version'), key: 'version', width: 130, render: (_, one) => `${one.version} · ${t(`language.${one.language}`)}` },
            { title: t('column.unit'), dataIndex: 'unit', ellipsis: true },
            { title: t('column.state'), key: 'state', width: 240, render: (_, one) => <State one={one} /> },
            { title: t('column.by'), key: 'by', width: 250, render: (_, one) => `${one.asked_by_name} · ${f.dateTime(one.asked_at)}` },
            {
              title: t('column.files'), key: 'files', width: 210,
              render: (_, one) => one.state === 'done' && FILES.map((format) => (
                <Button key={format} size="small" type="link" icon={<DownloadOutlined aria-hidden />} href={path(`/reports/${one.id}/file`, { format })} download>
                  {format.toUpperCase()} {f.bytes(format === 'pdf' ? one.pdf_bytes : one.xlsx_bytes)}
                </Button>
              )),
            },
            { key: 'again', width: 110, fixed: 'right', render: (_, one) => can('health.write') && !isMaking(one) && <Button size="small" onClick={() => setMaking(one)}>{t('again')}</Button> },
          ]}
        />
        <Pager trail={trail} next={found.data?.next} />
      </Panel>
      {making && <MakeReport before={making === 'new' ? null : making} onClose={() => setMaking(null)} />}
    </div>
  )
}

function State({ one }: { one: Report }) {
  const t = useText(reportsText)
  if (one.state === 'failed') return <Alert type="error" title={one.problem_words ?? t('state.failed')} />
  if (isMaking(one)) {
    return (
      <>
        <Progress percent={Math.round(one.progress * 100)} size="small" status="active" />
        <span className={css.faint}>{one.step ? t(`step.${one.step}` as ReportsKey) : t(`state.${one.state}`)}</span>
      </>
    )
  }
  return <Tooltip title={t('digest', { digest: one.figures_sha256?.slice(0, 16) ?? '' })}>{t('state.done')}{one.note && ` · ${one.note}`}</Tooltip>
}
