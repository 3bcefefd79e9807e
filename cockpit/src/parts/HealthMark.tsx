import type { Health } from '@/api/types'
import { useText } from '@/text/language'
import { partsText } from './text'
import css from './HealthMark.module.css'

/** The four states in shape and colour: works ●, plays badly ◐, offline ○, unknown ·. */
export function HealthMark({ health, label = false, count }: { health: Health; label?: boolean; count?: string | undefined }) {
  const t = useText(partsText)
  const word = t(`health.${health}`)
  return (
    <span className={css.mark}>
      <svg viewBox="0 0 16 16" width="1em" height="1em" className={css[health]} role="img" aria-label={label ? undefined : word} aria-hidden={label}>
        {health === 'works' && <circle cx="8" cy="8" r="6" fill="currentColor" />}
        {health === 'bad' && (
          <>
            <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.8" />
            <path d="M8 2.8a5.2 5.2 0 0 1 0 10.4Z" fill="currentColor" />
          </>
        )}
        {health === 'offline' && <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2.2" />}
        {health === 'unknown' && <circle cx="8" cy="8" r="2.6" fill="currentColor" />}
      </svg>
      {label && <span>{word}</span>}
      {count !== undefined && <span className={css.count}>{count}</span>}
    </span>
  )
}
