import { incidentPicture, type Evidence, type Incident } from '@/api/incidents'
import { useCan } from '@/app/auth'
import { KeptPicture } from '@/parts/live/KeptPicture'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './incidents.module.css'
import { incidentsText } from './text'

/** A picture or clip of an incident, or why there is none. */
export function EvidenceView({ incident, one }: { incident: Incident; one: Evidence }) {
  const t = useText(incidentsText)
  const f = useFormat()
  const may = useCan()('pictures.view')
  const when = one.kind === 'still' ? t('evidence.at', { time: f.dateTime(one.began_at) }) : t('evidence.span', { from: f.dateTime(one.began_at), to: f.time(one.ended_at, true) })
  return (
    <div className={css.evidence}>
      <header><strong>{t(`evidence.${one.kind}`)}</strong> {one.state === 'kept' && <span className={css.faint}>{when} · {t(one.masked ? 'evidence.masked' : 'evidence.plain')}</span>}</header>
      {one.state === 'wanted' && <p className={css.faint}>{t('evidence.wanted')}</p>}
      {one.state === 'none' && <p className={css.faint}>{t('evidence.none', { why: one.why })}</p>}
      {one.state === 'gone' && <p className={css.faint}>{t('evidence.gone')}</p>}
      {one.state === 'kept' && !may && <p className={css.faint}>{t('evidence.noRight')}</p>}
      {one.state === 'kept' && may && (
        <KeptPicture camera={incident.camera_id} label={t(`evidence.show.${one.kind}`)} title={t('evidence.purpose')} fetch={(purpose) => incidentPicture(incident.id, one.kind, purpose)}>
          {(url) => one.kind === 'still'
            ? <a href={url} target="_blank" rel="noreferrer"><img src={url} alt={when} /></a>
            : <video src={url} controls autoPlay muted loop />}
        </KeptPicture>
      )}
    </div>
  )
}
