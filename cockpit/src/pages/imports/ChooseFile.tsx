import { DownloadOutlined, InboxOutlined } from '@ant-design/icons'
import { Button, Select, Upload } from 'antd'
import { useState } from 'react'
import { call, path } from '@/api/client'
import type { ImportRun } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './imports.module.css'
import { importsText } from './text'

const FORMATS = ['xlsx', 'csv', 'json'] as const
const SYSTEMS = ['wgs84', 'gcj02', 'bd09'] as const
type System = (typeof SYSTEMS)[number]

/** The first step: a template for who has none, then the file; coordinates are converted only when the source says so. */
export function ChooseFile({ onSent }: { onSent: (id: string) => void }) {
  const t = useText(importsText)
  const can = useCan()
  const act = useAct()
  const [system, setSystem] = useState<System>('wgs84')
  const [name, setName] = useState('')

  const send = async (file: File) => {
    setName(file.name)
    await act.run(async () => {
      const query = { name: file.name, ...(system === 'wgs84' ? {} : { coordinates: system }) }
      const { data } = await call<ImportRun>('POST', '/imports', { query, file })
      onSent(data.id)
    }, ['imports'])
  }

  return (
    <>
      <ProblemNote error={act.problem} />
      <Upload.Dragger
        accept=".xlsx,.csv,.json"
        maxCount={1}
        showUploadList={false}
        disabled={act.busy}
        beforeUpload={(file) => {
          void send(file)
          return false
        }}
      >
        <p className={css.inbox}><InboxOutlined aria-hidden /></p>
        <p>{act.busy ? t('file.uploading', { name }) : t('file.drop')}</p>
        <p className={css.faint}>{t('file.formats')}</p>
      </Upload.Dragger>
      <div className={css.choices}>
        <div>
          <p>{t('file.templateText')}</p>
          <p className={css.buttons}>
            {FORMATS.map((format) => (
              <Button key={format} size="small" icon={<DownloadOutlined aria-hidden />} href={path('/imports/template', { format })} download>
                {t(`file.template.${format}`)}
              </Button>
            ))}
          </p>
        </div>
        {can('cameras.convert') && (
          <label>
            <p>{t('convert.label')}</p>
            <Select<System>
              value={system}
              popupMatchSelectWidth={false}
              style={{ minWidth: 220 }}
              options={SYSTEMS.map((value) => ({ value, label: t(`convert.${value}`) }))}
              onChange={setSystem}
            />
            <p className={css.faint}>{t('convert.text')}</p>
          </label>
        )}
      </div>
    </>
  )
}
