import { Button, Switch, Tag } from 'antd'
import { useState } from 'react'
import { useCamera } from '@/api/queries'
import { useFileFields, useFindings, type FileField } from '@/api/records'
import type { Camera } from '@/api/types'
import { useCan } from '@/app/auth'
import { useFieldName } from '@/pages/health/records/words'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { EditFile } from './EditFile'
import { HistoryList } from './HistoryList'
import { fileText } from './text'

/** Whether a camera of this class must have the field. */
export const needed = (field: FileField, pointClass: string | undefined): boolean =>
  field.mandatory.includes('all') || (pointClass !== undefined && field.mandatory.includes(pointClass))

/** The camera's whole file: its fields, what the check found on it, and who changed what. */
export function FilePanel({ camera }: { camera: Camera }) {
  const t = useText(fileText)
  const f = useFormat()
  const pick = useBilingual()
  const may = useCan()('cameras.write')
  const [editing, setEditing] = useState(false)
  const [all, setAll] = useState(false)
  const fields = useFileFields()
  const read = useCamera(camera.id)
  const file = camera.file ?? {}
  const rows = (fields.data?.items ?? []).filter((field) => field.in_file && (all || file[field.code] || needed(field, file.point_class)))
  const said = (field: FileField, value: string | undefined) => (value ? (field.choices[value] ? `${value} ${pick({ zh: field.choices[value][0], en: field.choices[value][1] })}` : value) : f.number(null))
  return (
    <>
      <Found id={camera.id} />
      <ProblemNote error={fields.error} onRetry={() => void fields.refetch()} />
      <dl className={css.facts}>
        {rows.map((field) => (
          <div key={field.code}>
            <dt>{pick(field)}{!file[field.code] && needed(field, file.point_class) && <> <Tag color="error">{t('needed')}</Tag></>}</dt>
            <dd>{said(field, file[field.code])}</dd>
          </div>
        ))}
      </dl>
      <p>
        <Switch size="small" checked={all} onChange={setAll} aria-label={t('all')} /> {t('all')}
        {may && read.data && <Button size="small" style={{ marginLeft: 12 }} onClick={() => setEditing(true)}>{t('edit')}</Button>}
      </p>
      <h4>{t('history.title')}</h4>
      <HistoryList id={camera.id} />
      {editing && read.data && <EditFile read={read.data} fields={(fields.data?.items ?? []).filter((field) => field.in_file)} onClose={() => setEditing(false)} />}
    </>
  )
}

function Found({ id }: { id: string }) {
  const t = useText(fileText)
  const name = useFieldName()
  const findings = useFindings({ camera: id, limit: 50 })
  const items = findings.data?.items ?? []
  const missing = items.filter((one) => one.rule === 'mandatory')
  const wrong = items.filter((one) => one.rule !== 'mandatory')
  return (
    <>
      <h4>{t('found.title')}</h4>
      <ProblemNote error={findings.error} onRetry={() => void findings.refetch()} />
      {findings.data && items.length === 0 && <p>{t('found.none')}</p>}
      <ul style={{ paddingLeft: 18 }}>
        {missing.length > 0 && <li>{t('found.missing', { fields: missing.map((one) => name(one.field)).join('、') })}</li>}
        {wrong.map((one) => <li key={`${one.rule} ${one.field}`}>{one.message}</li>)}
      </ul>
    </>
  )
}
