import type { Accuracy, Share } from '@/api/scenes'
import { Figure } from '@/parts/Figure'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './kinds.module.css'
import { kindsText, type KindsKey } from './text'

/** What was measured of a scene: shares with the events behind them, or the plain word that nobody has. */
export function Measured({ accuracy }: { accuracy: Accuracy | undefined }) {
  const t = useText(kindsText)
  const f = useFormat()
  const pick = useBilingual()
  if (!accuracy) return <p className={css.unmeasured}>{t('accuracy.none')}</p>
  const footage = pick(accuracy.footage)
  const share = (key: 'recall' | 'precision', of: Share | null, part: number, whole: number) =>
    of && (
      <Figure
        name={t(`accuracy.${key}`)}
        value={f.percent(of.value, 0)}
        note={`${f.number(part)} / ${f.number(whole)}`}
        basis={{ definition: t(`how.${key}`, { footage }), formula: t(key === 'recall' ? 'how.counted' : 'how.reported'), numerator: part, denominator: whole, between: [of.low, of.high] }}
      />
    )
  const plain = (name: KindsKey, how: KindsKey, value: string, formula?: string) => <Figure name={t(name)} value={value} basis={{ definition: t(how, { footage }), formula }} />
  return (
    <div className={css.measured}>
      {share('recall', accuracy.recall, accuracy.found, accuracy.truth)}
      {share('precision', accuracy.precision, accuracy.found, accuracy.found + accuracy.wrong)}
      {accuracy.error !== null && plain('accuracy.error', 'how.error', f.percent(accuracy.error, 0))}
      {accuracy.alarms_upper !== null &&
        plain('accuracy.alarms', 'how.alarms', t('accuracy.alarmsValue', { upper: f.number(accuracy.alarms_upper, accuracy.alarms_upper < 1 ? 2 : 1) }), t('how.alarmsFormula', { hours: f.number(accuracy.hours, 1), n: f.number(accuracy.alarms) }))}
    </div>
  )
}
