import { Button, Modal } from 'antd'
import { useEffect, useState } from 'react'
import { incidentPicture, type Evidence, type Incident } from '@/api/incidents'
import { useCan } from '@/app/auth'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { PurposeLine } from '@/parts/live/PurposeLine'
import { rememberPurpose, rememberedPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './incidents.module.css'
import { incidentsText } from './text'

/** A picture or clip of an incident. Nothing is fetched before a person asks, and asking is a retrieval with a purpose. */
export function EvidenceView({ incident, one }: { incident: Incident; one: Evidence }) {
  const t = useText(incidentsText)
  const f = useFormat()
  const may = useCan()('pictures.view')
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [shown, setShown] = useState<{ url: string; purpose: ChosenPurpose } | null>(null)
  useEffect(() => () => {
    if (shown) URL.revokeObjectURL(shown.url)
  }, [shown])
  const show = (purpose: ChosenPurpose) =>
    act.run(async () => {
      const picture = await incidentPicture(incident.id, one.kind, purpose)
      setShown({ url: URL.createObjectURL(picture), purpose })
      setAsking(false)
    }, ['retrievals'])
  const begin = () => {
    const kept = rememberedPurpose()
    if (kept?.keep) void show(kept)
    else setAsking(true)
  }
  const when = one.kind === 'still' ? t('evidence.at', { time: f.dateTime(one.began_at) }) : t('evidence.span', { from: f.dateTime(one.began_at), to: f.time(one.ended_at, true) })
  return (
    <div className={css.evidence}>
      <header><strong>{t(`evidence.${one.kind}`)}</strong> {one.state === 'kept' && <span className={css.faint}>{when} · {t(one.masked ? 'evidence.masked' : 'evidence.plain')}</span>}</header>
      {one.state === 'wanted' && <p className={css.faint}>{t('evidence.wanted')}</p>}
      {one.state === 'none' && <p className={css.faint}>{t('evidence.none', { why: one.why })}</p>}
      {one.state === 'gone' && <p className={css.faint}>{t('evidence.gone')}</p>}
      {one.state === 'kept' && !may && <p className={css.faint}>{t('evidence.noRight')}</p>}
      {shown && (
        <figure>
          {one.kind === 'still'
            ? <a href={shown.url} target="_blank" rel="noreferrer"><img src={shown.url} alt={when} /></a>
            : <video src={shown.url} controls autoPlay muted loop />}
          <figcaption><PurposeLine purpose={shown.purpose} /></figcaption>
        </figure>
      )}
      {one.state === 'kept' && may && !shown && <Button size="small" loading={act.busy} onClick={begin}>{t(`evidence.show.${one.kind}`)}</Button>}
      {!asking && <ProblemNote error={act.problem} />}
      <Modal open={asking} title={t('evidence.purpose')} footer={null} onCancel={() => setAsking(false)} destroyOnHidden>
        <PurposeForm
          cameraId={incident.camera_id} busy={act.busy} problem={act.problem}
          onChosen={(purpose) => {
            rememberPurpose(purpose)
            void show(purpose)
          }}
        />
      </Modal>
    </div>
  )
}
