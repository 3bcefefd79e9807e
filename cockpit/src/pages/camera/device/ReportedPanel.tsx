import { Button } from 'antd'
import { Link } from 'react-router'
import { useReported } from '@/api/gather'
import { call } from '@/api/client'
import { useCan } from '@/app/auth'
import { camerasText, type CamerasKey } from '@/pages/cameras/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { deviceText } from './text'

/** What the platform below said about this camera, and which of it people have changed since. */
export function ReportedPanel({ id }: { id: string }) {
  const t = useText(deviceText)
  const c = useText(camerasText)
  const f = useFormat()
  const can = useCan()
  const act = useAct()
  const reported = useReported(id)
  const found = reported.data
  const column = (name: string) => {
    const key = `col.${name}`
    return key in camerasText.zh ? c(key as CamerasKey) : name
  }
  const take = (fields: string[]) => act.run(() => call('POST', `/cameras/${id}/reported/take`, { body: { fields } }), ['reported', 'camera', 'cameras'])
  return (
    <>
      <ProblemNote error={act.problem ?? reported.error} />
      {found && (
        <>
          <p className={css.hint}>
            {t('reported.from')} <Link to={`/cameras/access?device=${found.device_id}`}>{found.device_code}</Link> · {f.dateTime(found.record_at)}
            {found.vanished_at && <strong className={css.archived}>{t('reported.vanished', { time: f.dateTime(found.vanished_at) })}</strong>}
          </p>
          {found.edited.length > 0 && (
            <>
              <p className={css.hint}>{t('reported.edited')}</p>
              <ul className={css.edited}>
                {found.edited.map((name) => (
                  <li key={name}>
                    <span>{column(name)}</span>
                    {can('cameras.write') && <Button size="small" loading={act.busy} onClick={() => void take([name])}>{t('reported.take')}</Button>}
                  </li>
                ))}
              </ul>
            </>
          )}
          <dl className={css.facts}>
            {Object.entries(found.fields).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
          </dl>
        </>
      )}
    </>
  )
}
