import type { Severity } from '@/api/types'
import { useText } from '@/text/language'
import css from './cases.module.css'
import { casesText, severityName } from './text'

/** Four severities in shape, colour and word: as many bars as it is grave. */
export function SeverityMark({ severity }: { severity: Severity }) {
  const t = useText(casesText)
  return (
    <span className={css.severity} data-severity={severity}>
      <svg viewBox="0 0 16 12" width="16" height="12" aria-hidden>
        {[4, 3, 2, 1].map((level, place) => (
          <rect key={level} x={place * 4} y={9 - place * 3} width="3" height={3 + place * 3} rx="0.8" fill="currentColor" opacity={severity <= level ? 1 : 0.22} />
        ))}
      </svg>
      {severityName(t, severity)}
    </span>
  )
}
