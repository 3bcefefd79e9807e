import { Progress, Table } from 'antd'
import type { OnPlatform, RoundDetail } from '@/api/sweeps'
import { Figure } from '@/parts/Figure'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { causeKey, percentOf, ranked } from './causes'
import css from './sweeps.module.css'
import { sweepsText } from './text'

/** How far a round is: progress with remaining time, rate, and why cameras do not play. */
export function RoundNow({ round }: { round: RoundDetail }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const over = round.finished_at !== null
  const settled = round.platforms.reduce((sum, one) => sum + one.done, 0)
  const took = over ? (Date.parse(round.finished_at ?? '') - Date.parse(round.started_at)) / 1000 : null
  const words = [
    t('now.done', { done: f.number(round.done), total: f.number(round.cameras) }),
    t('now.started', { time: f.dateTime(round.started_at) }),
    over ? t('now.over', { time: f.seconds(took) }) : round.remaining_seconds !== null && t('now.remaining', { time: f.seconds(round.remaining_seconds) }),
  ]
  return (
    <>
      <Progress percent={percentOf(round.done, round.cameras)} status={over ? 'success' : 'active'} />
      <p className={css.faint}>{words.filter(Boolean).join(' · ')}</p>
      <div className={css.figures}>
        <Figure
          name={t('now.rate')}
          value={f.number(round.rate, 1)}
          unit={t('now.rateUnit')}
          unknown={round.rate === null}
          basis={{ definition: t('now.rate.definition'), formula: t('now.rate.formula'), since: round.started_at, asOf: round.finished_at }}
        />
        <Figure
          name={t('now.plays')}
          value={f.percent(settled ? round.plays / settled : null)}
          unknown={settled === 0}
          basis={{ definition: t('now.plays.definition'), formula: t('now.plays.formula'), numerator: round.plays, denominator: settled, since: round.started_at, down: '/cameras?health=offline' }}
        />
      </div>
    </>
  )
}

/** Failures of a round by cause, the most frequent first. */
export function Causes({ causes, settled }: { causes: Readonly<Record<string, number>>; settled: number }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const found = ranked(causes)
  if (found.length === 0) return settled > 0 ? <p className={css.faint}>{t('causes.none')}</p> : null
  return (
    <ul className={css.causes}>
      {found.map(([cause, count]) => {
        const key = causeKey(cause)
        return <li key={cause}>{key === null ? cause : t(key)}<b>{f.number(count)}</b></li>
      })}
    </ul>
  )
}

/** How far a round is on each platform. */
export function Platforms({ platforms }: { platforms: readonly OnPlatform[] }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const failures = (one: OnPlatform) => one.done - one.plays
  const worst = (one: OnPlatform) => {
    const [cause] = ranked(one.causes)
    if (!cause) return null
    const key = causeKey(cause[0])
    return `${key === null ? cause[0] : t(key)} ${f.number(cause[1])}`
  }
  return (
    <Table<OnPlatform>
      size="small"
      rowKey={(one) => one.platform ?? ''}
      dataSource={[...platforms]}
      pagination={platforms.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
      scroll={{ x: 620 }}
      columns={[
        { title: t('platforms.name'), key: 'name', render: (_, one) => one.name ?? t('platforms.own') },
        { title: t('platforms.progress'), key: 'progress', width: 230, sorter: (a, b) => percentOf(a.done, a.planned) - percentOf(b.done, b.planned), render: (_, one) => <Progress size="small" percent={percentOf(one.done, one.planned)} format={() => `${f.number(one.done)} / ${f.number(one.planned)}`} /> },
        { title: t('platforms.plays'), key: 'plays', width: 90, align: 'right', render: (_, one) => f.percent(one.done ? one.plays / one.done : null) },
        { title: t('platforms.failures'), key: 'failures', width: 100, align: 'right', sorter: (a, b) => failures(a) - failures(b), render: (_, one) => f.number(failures(one)) },
        { title: t('platforms.worst'), key: 'worst', width: 170, render: (_, one) => worst(one) },
      ]}
    />
  )
}
