import { WarningOutlined } from '@ant-design/icons'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { clockWord } from './clock'
import css from './gather.module.css'
import { gatherText } from './text'

/** A device's clock against ours, in words; marked when it is far enough off to do harm. */
export function ClockDifference({ seconds }: { seconds: number | null | undefined }) {
  const t = useText(gatherText)
  const f = useFormat()
  if (seconds == null) return <span className={css.faint}>{t('access.clockUnknown')}</span>
  const { word, by, warn } = clockWord(seconds)
  return (
    <span className={warn ? css.warn : undefined} title={warn ? t('clock.warn') : undefined}>
      {warn && <WarningOutlined aria-hidden />} {t(word, { by: f.seconds(by) })}
    </span>
  )
}
