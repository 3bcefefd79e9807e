import { DownloadOutlined, InboxOutlined } from '@ant-design/icons'
import { Button, Progress, Select, Upload } from 'antd'
import { useState } from 'react'
import { path } from '@/api/client'
import type { CoordinateSystem, Existing } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './imports.module.css'
import { importsText } from './text'
import { MOST_BYTES, sendFile } from './upload'

const FORMATS = ['xlsx', 'csv', 'json'] as const
const SYSTEMS: readonly CoordinateSystem[] = ['WGS-84', 'GCJ-02', 'BD-09']
const EXISTING: readonly Existing[] = ['change', 'skip', 'refuse']

/** The first step: a template for who has none, then the file; coordinates are converted only when the source says so. */
export function ChooseFile({ onSent }: { onSent: (id: string) => void }) {
  const t = useText(importsText)
  const f = useFormat()
  const { language } = useLanguage()
  const can = useCan()
  const act = useAct()
  const [system, setSystem] = useState<CoordinateSystem>('WGS-84')
  const [existing, setExisting] = useState<Existing>('change')
  const [sending, setSending] = useState<{ name: string; share: number } | null>(null)

  const send = (file: File) =>
    act.run(async () => {
      if (file.size > MOST_BYTES) throw new Error(t('file.tooLarge', { limit: f.bytes(MOST_BYTES) }))
      setSending({ name: file.name, share: 0 })
      try {
        // WGS-84 is what the platform takes rows for that name no system.
        const how = { existing, system: system === 'WGS-84' ? null : system }
        onSent(await sendFile(file, how, (share) => setSending({ name: file.name, share })))
      } finally {
        setSending(null)
      }
    }, ['imports'])

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
        <p>{sending ? t('file.uploading', { name: sending.name }) : t('file.drop')}</p>
        {sending ? <Progress percent={Math.round(sending.share * 100)} className={css.sending ?? ''} /> : <p className={css.faint}>{t('file.formats')}</p>}
      </Upload.Dragger>
      <div className={css.choices}>
        <div>
          <p>{t('file.templateText')}</p>
          <p className={css.buttons}>
            {FORMATS.map((format) => (
              <Button key={format} size="small" icon={<DownloadOutlined aria-hidden />} href={path('/imports/template', { format, language })} download>
                {t(`file.template.${format}`)}
              </Button>
            ))}
          </p>
        </div>
        <label>
          <p>{t('existing.label')}</p>
          <Select<Existing>
            value={existing}
            popupMatchSelectWidth={false}
            style={{ minWidth: 220 }}
            options={EXISTING.map((value) => ({ value, label: t(`existing.${value}`) }))}
            onChange={setExisting}
          />
        </label>
        {can('cameras.convert') && (
          <label>
            <p>{t('convert.label')}</p>
            <Select<CoordinateSystem>
              value={system}
              popupMatchSelectWidth={false}
              style={{ minWidth: 220 }}
              options={SYSTEMS.map((value) => ({ value, label: t(`convert.${value}` as const) }))}
              onChange={setSystem}
            />
            <p className={css.faint}>{t('convert.text')}</p>
          </label>
        )}
      </div>
    </>
  )
}
