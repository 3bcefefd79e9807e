import { Link } from 'react-router'
import type { HealthSummary } from '@/api/types'
import { HealthBar } from '@/parts/HealthBar'
import { HealthMark } from '@/parts/HealthMark'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../health.module.css'
import { healthText } from '../text'

const STATES = ['works', 'bad', 'offline', 'unknown'] as const

/** All cameras of a region in the four states, each leading to its cameras. */
export function States({ region, summary, error }: { region: string; summary: HealthSummary | undefined; error: unknown }) {
  const t = useText(healthText)
  const f = useFormat()
  return (
    <Panel title={t('states.title')} note={summary && t('states.total', { n: f.number(summary.total) })}>
      <ProblemNote error={error} />
      {summary && (
        <div className={css.states}>
          <HealthBar summary={summary} />
          <ul>
            {STATES.map((state) => (
              <li key={state}>
                <Link to={`/cameras?region=${region}&health=${state}`}><HealthMark health={state} label count={f.number(summary[state])} /></Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Panel>
  )
}
