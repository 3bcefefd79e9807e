import { Button, Progress } from 'antd'
import type { ReactNode } from 'react'
import type { Pool, Pools } from '@/api/compute'
import { HowKnown } from '@/parts/HowKnown'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './compute.module.css'
import { computeText } from './text'
import { poolWord } from './words'

/** From nothing to everything: unknown is grey, closer is darker. */
const SHADES = ['#c8ccd2', '#a9c6e8', '#6fa3dc', '#2f76c4', '#0c447c'] as const

/** One pool: what it has, what that is used for, what was left behind. */
export function PoolCard({ pool, all, onEdit, onCameras }: { pool: Pool; all: Pools; onEdit: () => void; onCameras: () => void }) {
  const t = useText(computeText)
  const f = useFormat()
  const name = poolWord(all.items, pool.name, t)
  const round = pool.round
  return (
    <Panel
      title={name}
      actions={
        <>
          {round && round.cameras > 0 && <Button size="small" onClick={onCameras}>{t('cameras')}</Button>}
          {pool.editable && pool.region !== null && <Button size="small" onClick={onEdit}>{t('edit')}</Button>}
        </>
      }
    >
      <div className={css.head}>
        <span>{pool.region === null ? t('common.note') : t('region', { code: pool.region })}</span>
        <span>{pool.workers > 0 || pool.region === null ? t('workers', { n: f.number(pool.workers) }) : t('noWorkers')}</span>
        {pool.quota !== null && <span>{t('quota', { n: f.number(pool.quota, 1) })}</span>}
        {pool.lent > 0 && <span>{t('lentTo', { n: f.number(pool.lent, 1) })}</span>}
        {pool.borrowed > 0 && <span>{t('borrowed', { n: f.number(pool.borrowed, 1) })}</span>}
      </div>
      {round ? <Used pool={pool} all={all} /> : <p className={css.faint}>{t('noRound', { seconds: f.number(all.every_seconds) })}</p>}
    </Panel>
  )
}

function Used({ pool, all }: { pool: Pool; all: Pools }) {
  const t = useText(computeText)
  const f = useFormat()
  const round = pool.round
  if (!round) return null
  const share = pool.available > 0 ? round.used / pool.available : 0
  const coverage = round.scenes > 0 ? round.served / round.scenes : null
  const gap = round.bound > 0 ? Math.max(0, 1 - round.value / round.bound) : 0
  const asOf = round.at
  return (
    <>
      <Progress percent={Math.min(share, 1) * 100} showInfo={false} aria-label={t('use')} />
      <dl className={css.figures}>
        <Figure name={t('use')} how={t('use.how', { reserve: f.percent(all.reserve, 0) })} asOf={asOf}>
          {t('use.cores', { used: f.number(round.used, 2), available: f.number(pool.available, 2) })}
        </Figure>
        <Figure name={t('measured')} how={t('measured.how')} asOf={asOf}>{t('cores', { n: f.number(round.measured, 2) })}</Figure>
        <Figure name={t('served')} how={t('served.how')} asOf={asOf} of={[round.served, round.scenes]}>{f.percent(coverage, 0)}</Figure>
        <Figure name={t('shed')} how={t('shed.how')} asOf={asOf} of={[round.shed, round.cameras]}>{f.number(round.shed)}</Figure>
        <Figure name={t('worth')} how={t('worth.how', { gap: f.percent(gap, 2) })} asOf={asOf}>{f.percent(round.wanted > 0 ? round.value / round.wanted : null, 0)}</Figure>
      </dl>
      <Tiers counts={round.tiers} all={all} />
    </>
  )
}

function Figure({ name, how, asOf, of, children }: { name: string; how: string; asOf: string; of?: [number, number]; children: ReactNode }) {
  return (
    <div>
      <dt>{name} <HowKnown name={name} basis={{ definition: how, asOf, ...(of ? { numerator: of[0], denominator: of[1] } : {}) }} /></dt>
      <dd>{children}</dd>
    </div>
  )
}

function Tiers({ counts, all }: { counts: Record<string, number>; all: Pools }) {
  const t = useText(computeText)
  const f = useFormat()
  const { language } = useLanguage()
  const known = all.tiers.map((tier, place) => ({ tier, count: counts[tier.code] ?? 0, shade: SHADES[place] ?? SHADES[4] }))
  const sum = known.reduce((total, one) => total + one.count, 0)
  return (
    <>
      <div className={css.bar} role="img" aria-label={t('tiers')}>
        {known.filter((one) => one.count > 0).map((one) => <span key={one.tier.code} style={{ background: one.shade, flexGrow: one.count / Math.max(sum, 1) }} />)}
      </div>
      <ul className={css.legend} aria-label={t('tiers')}>
        {known.map((one) => (
          <li key={one.tier.code}><span className={css.dot} style={{ background: one.shade }} />{one.tier[language]} {f.number(one.count)}</li>
        ))}
      </ul>
    </>
  )
}
