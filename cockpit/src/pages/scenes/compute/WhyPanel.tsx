import { useExplained, usePools, type Explained, type Tier } from '@/api/compute'
import { useCan } from '@/app/auth'
import { HowKnown } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './compute.module.css'
import { computeText } from './text'
import { pace, tierWord } from './words'

/** On a camera's page: why it is watched as closely as it is, and what it would take to have it watched more closely. */
export function WhyPanel({ id }: { id: string }) {
  const t = useText(computeText)
  const read = useExplained(id)
  const found = read.data
  return (
    <section>
      <h3>{t('why.title')} <HowKnown name={t('why.title')} basis={{ definition: t('why.how'), asOf: found?.as_of }} /></h3>
      <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
      {found && !found.watched && <p>{t('why.unwatched')}</p>}
      {found?.watched && <Known found={found} />}
    </section>
  )
}

function Known({ found }: { found: Explained }) {
  const t = useText(computeText)
  const f = useFormat()
  const { language } = useLanguage()
  const can = useCan()
  const pools = usePools(can('compute.read'))
  const tiers: readonly Tier[] = pools.data?.tiers ?? []
  const word = (code: string | null) => tierWord(tiers, code, language)
  const pool = found.pool_label || t('common')
  const because = [
    t('why.activity', { n: f.percent(found.activity, 0) }),
    t('why.uncertainty', { n: f.percent(found.uncertainty, 0) }),
    ...(found.afoot ? [t('why.afoot')] : []),
    ...(found.deployment ? [t('why.deployment', { name: found.deployment, n: f.number(found.factor, 1) })] : []),
    ...(found.looked_at ? [t('why.looked', { ago: f.ago(found.looked_at) })] : []),
  ]
  return (
    <>
      <p><strong>{t(`why.${found.why}`, { pool })}</strong></p>
      <p>
        {t('why.now')}: {word(found.tier)}{found.every_seconds !== null && ` (${pace(t, f, found.every_seconds)})`} · {t('why.need')}: {word(found.need)}
        {found.until && ` · ${t('why.until', { at: f.dateTime(found.until) })}`}
      </p>
      <p className={css.faint}>{t('why.because')}: {because.join('；')}</p>
      <table className={css.table} aria-label={t('why.ladder')}>
        <thead><tr><th>{t('why.ladder')}</th><th /><th>{t('why.cost')}</th><th>{t('why.value')}</th><th>{t('why.scenes')}</th></tr></thead>
        <tbody>
          {found.rungs.map((rung) => (
            <tr key={rung.code} className={rung.code === found.tier ? css.here : undefined} aria-current={rung.code === found.tier || undefined}>
              <td>{word(rung.code)}</td>
              <td>{pace(t, f, rung.every_seconds)}</td>
              <td>{f.number(rung.cost, 4)}</td>
              <td>{f.number(rung.value, 2)}</td>
              <td>{f.number(rung.served)} / {f.number(found.scenes.length)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.next && found.why !== 'enough' && <More next={found.next} tier={word(found.next.code)} pool={pool} />}
    </>
  )
}

function More({ next, tier, pool }: { next: NonNullable<Explained['next']>; tier: string; pool: string }) {
  const t = useText(computeText)
  const f = useFormat()
  if (next.factor !== null && next.factor <= 1) return <p>{t('why.more')}: {t('why.more.free', { tier })}</p>
  return (
    <p>
      {t('why.more')}: {next.factor !== null && t('why.more.factor', { tier, n: f.number(next.factor, 1) })} {next.cores !== null && t('why.more.cores', { pool, n: f.number(next.cores, 2) })}
    </p>
  )
}
