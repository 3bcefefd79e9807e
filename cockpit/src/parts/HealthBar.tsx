import type { HealthSummary } from '@/api/types'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './HealthBar.module.css'
import { partsText } from './text'

const STATES = ['works', 'bad', 'offline', 'unknown'] as const

/** Shares of the four states of a set of cameras as one thin bar; the numbers are in its label. */
export function HealthBar({ summary }: { summary: HealthSummary }) {
  const t = useText(partsText)
  const f = useFormat()
  const label = STATES.map((state) => `${t(`health.${state}`)} ${f.number(summary[state])}`).join(t('list.separator'))
  return (
    <span className={css.bar} role="img" aria-label={label} title={label}>
      {STATES.filter((state) => summary[state] > 0).map((state) => (
        <span key={state} className={css[state]} style={{ flexGrow: summary[state] }} />
      ))}
    </span>
  )
}
