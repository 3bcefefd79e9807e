import { Button } from 'antd'
import { undoTuning, useIncidents, useTunings, type Incident, type SecondOpinion } from '@/api/incidents'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { EvidenceView } from './EvidenceView'
import css from './incidents.module.css'
import { incidentsText } from './text'

/** What a case of a scene is about: its pictures, what a model thinks, and what "false alarm" moved. */
export function IncidentPanel({ caseId }: { caseId: string }) {
  const t = useText(incidentsText)
  const found = useIncidents({ case: caseId, limit: 20 })
  const items = found.data?.items ?? []
  const first = items[0]
  return (
    <Panel title={t('panel.title')}>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {items.length > 1 && <p className={css.faint}>{t('panel.more', { n: items.length })}</p>}
      {items.map((one) => <One key={one.id} incident={one} />)}
      {first && <Moved camera={first.camera_id} />}
    </Panel>
  )
}

function One({ incident }: { incident: Incident }) {
  const t = useText(incidentsText)
  const f = useFormat()
  return (
    <section className={css.one}>
      <p>{f.dateTime(incident.began_at)} · {incident.words}{incident.times > 1 && ` · ${t('times', { n: incident.times })}`}</p>
      {incident.evidence.map((one) => <EvidenceView key={one.kind} incident={incident} one={one} />)}
      {incident.opinion && <Opinion one={incident.opinion} />}
    </section>
  )
}

function Opinion({ one }: { one: SecondOpinion }) {
  const t = useText(incidentsText)
  const f = useFormat()
  return (
    <div className={css.opinion}>
      <strong>{t('opinion.title')}</strong>
      <p>{one.model}: {t(`opinion.${one.verdict}`)}{one.confidence !== null && ` · ${t('opinion.sure', { share: f.percent(one.confidence, 0) })}`}</p>
      {one.words && <p>{one.words}</p>}
      <details><summary>{t('opinion.asked')}</summary><pre>{one.asked}</pre></details>
    </div>
  )
}

function Moved({ camera }: { camera: string }) {
  const t = useText(incidentsText)
  const f = useFormat()
  const may = useCan()('analysis.write')
  const act = useAct()
  const items = (useTunings(camera, true).data?.items ?? []).slice(0, 5)
  if (items.length === 0) return null
  return (
    <section>
      <h3>{t('tuning.title')}</h3>
      <ProblemNote error={act.problem} />
      <ul className={css.moved}>
        {items.map((one) => (
          <li key={one.id}>
            <span className={css.faint}>{f.dateTime(one.at)}</span> {one.why}{' '}
            {one.undone_at && <span className={css.faint}>{t('tuning.undone')}</span>}
            {may && one.reason === 'moved' && !one.undone_at && (
              <Button size="small" type="link" loading={act.busy} onClick={() => void act.run(() => undoTuning(one.id), ['incident-tunings', 'cases'])}>{t('tuning.undo')}</Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
