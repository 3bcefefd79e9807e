import type { Candidate, CardMetrics, Gain, HeadMetrics, Share } from '@/api/training'
import { HowKnown } from '@/parts/HowKnown'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { trainingText, type TrainingKey } from './text'
import css from './training.module.css'

/** What a candidate was measured to do on samples it has not seen, with its interval. */
export function Measured({ one }: { one: Candidate }) {
  const t = useText(trainingText)
  if (one.state === 'failed') return <span className={css.warn}>{t('cand.failed', { why: one.why })}</span>
  if (one.metrics === null) return <span className={css.faint}>{t('cand.making')}</span>
  return one.kind === 'head' ? <Head metrics={one.metrics} /> : <Card metrics={one.metrics} />
}

function Head({ metrics }: { metrics: HeadMetrics }) {
  const t = useText(trainingText)
  const f = useFormat()
  const values = (share: Share) => ({ share: f.percent(share.value), low: f.percent(share.low), high: f.percent(share.high), k: share.k, n: share.n })
  const { false_removed: removed, true_kept: kept } = metrics.ours
  const gain = metrics.gain.false_removed
  const lost = -metrics.gain.true_kept.value
  return (
    <div>
      {t('head.removed', values(removed))}{' '}
      <HowKnown name={t('col.gain')} basis={{ definition: t('know.removed'), numerator: removed.k, denominator: removed.n, between: [removed.low, removed.high] }} />
      <br />{t('head.kept', values(kept))}
      <br /><span className={css.faint}>{t('head.gain', { share: f.percent(gain.value), low: f.percent(gain.low), high: f.percent(gain.high) })}</span>
      {lost > 0 && <><br /><span className={css.warn}>{t('head.lose', { share: f.percent(lost) })}</span></>}
      <Unsure gain={gain} />
    </div>
  )
}

function Card({ metrics }: { metrics: CardMetrics }) {
  const t = useText(trainingText)
  const f = useFormat()
  const { gain } = metrics
  return (
    <div>
      {t('card.ap', { ours: f.number(metrics.ours.ap50, 3), theirs: f.number(metrics.theirs.ap50, 3), other: metrics.present })}
      <br /><span className={css.faint}>{t('card.gain', { value: f.number(gain.value, 3), low: f.number(gain.low, 3), high: f.number(gain.high, 3), n: metrics.pictures })}</span>
      <Unsure gain={gain} />
    </div>
  )
}

function Unsure({ gain }: { gain: Gain }) {
  const t = useText(trainingText)
  return gain.low > 0 ? null : <><br /><span className={css.warn}>{t('gain.unsure')}</span></>
}

/** The weights of a filter, so that a person can see what it goes by. */
export function Weights({ one }: { one: Candidate }) {
  const t = useText(trainingText)
  const f = useFormat()
  const named = (code: string) => (code.startsWith('detail.') ? t('feature.detail', { code: code.slice(7) }) : `feature.${code}` in trainingText.zh ? t(`feature.${code}` as TrainingKey) : code)
  const most = Math.max(...one.weights.map((each) => Math.abs(each.weight)), 1e-6)
  return (
    <div>
      <p className={css.faint}>{t('weights.text')}</p>
      <div className={css.weights}>
        {one.weights.slice(0, 16).map((each) => (
          <Weight key={each.feature} name={named(each.feature)} share={Math.abs(each.weight) / most} up={each.weight > 0} value={f.number(each.weight, 2)} />
        ))}
      </div>
    </div>
  )
}

function Weight({ name, share, up, value }: { name: string; share: number; up: boolean; value: string }) {
  return (
    <>
      <span>{name}</span>
      <span className={css.bar} style={{ width: `${Math.round(share * 100)}%`, background: up ? 'var(--good)' : 'var(--bad)' }} />
      <span>{value}</span>
    </>
  )
}
