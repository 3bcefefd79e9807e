import { Link } from 'react-router'
import type { BoardIncident } from '@/api/deployments'
import { SeverityMark } from '@/pages/cases/SeverityMark'
import { StateTag } from '@/pages/cases/StateTag'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { deploymentsText } from './text'

/** Incidents of a deployment: those that last first, the gravest first. */
export function BoardIncidents({ incidents }: { incidents: readonly BoardIncident[] }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  if (incidents.length === 0) return <p className={css.hint}>{t('board.incidents.none')}</p>
  return (
    <ul className={css.incidents}>
      {incidents.map((one) => (
        <li key={one.id} data-state={one.state}>
          <div>
            <SeverityMark severity={one.severity} />
            <b>{one.name}</b>
            <Link to={`/cameras/${one.camera}`}>{one.camera_name}</Link>
          </div>
          <div>
            <time dateTime={one.began_at}>{f.time(one.began_at, true)}</time>
            <span>{t(one.state === 'open' ? 'incident.lasting' : 'incident.over')}</span>
            {one.case && <Link to={`/cases/${one.case}`}>#{one.number}</Link>}
            {one.case_state && <StateTag state={one.case_state} />}
            {one.assignee ? <span>{one.assignee}</span> : one.case && !one.taken_at && <span className={css.bad}>{t('incident.untaken')}</span>}
            {one.label !== null && <span>{t(one.label ? 'incident.real' : 'incident.false')}</span>}
          </div>
        </li>
      ))}
    </ul>
  )
}
