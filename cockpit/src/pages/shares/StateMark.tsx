import type { UpperPlatform } from '@/api/shares'
import { HealthMark } from '@/parts/HealthMark'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './shares.module.css'
import { problemWord, sharesText } from './text'

const MARKS = { off: 'unknown', registering: 'bad', registered: 'works', refused: 'offline', silent: 'offline' } as const

/** How it stands with an upper platform: in shape, colour and word, since when, and what to do about it. */
export function StateMark({ upper, long = false }: { upper: UpperPlatform; long?: boolean }) {
  const t = useText(sharesText)
  const f = useFormat()
  return (
    <>
      <span style={{ whiteSpace: 'nowrap' }}>
        <span aria-hidden><HealthMark health={MARKS[upper.state]} /></span> {t(`state.${upper.state}`)}
      </span>
      {upper.state_since && <span className={css.sub} title={f.dateTime(upper.state_since)}>{t('col.since', { time: f.ago(upper.state_since) })}</span>}
      {upper.problem && (
        <span className={css.warn}>
          {problemWord(t, upper.problem)}
          {long && upper.problem_detail && <span className={`${css.sub} ${css.mono}`}>{upper.problem_detail}</span>}
        </span>
      )}
    </>
  )
}
