import { useIndicators, useLeague, type Indicator } from '@/api/health'
import { useSummary } from '@/api/queries'
import { useCan } from '@/app/auth'
import { Figure } from '@/parts/Figure'
import { HealthBar } from '@/parts/HealthBar'
import { HealthMark } from '@/parts/HealthMark'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './Column.module.css'
import { cockpitText } from './text'
import { downTo } from '@/pages/health/down'

/** Read from five metres: what is online, what plays, what is known of them. */
const SHOWN = 'online,playable,complete'
const STATES = ['works', 'bad', 'offline', 'unknown'] as const

export function HealthColumn({ region, onRegion }: { region: string; onRegion: (code: string) => void }) {
  const t = useText(cockpitText)
  const may = useCan()('health.read')
  const indicators = useIndicators({ kind: 'region', scope: '', region }, SHOWN, may)
  if (!may) return <p className={css.empty}>{t('health.unavailable')}</p>
  return (
    <>
      <section>
        <h2 className={css.title}>{t('health.title')}</h2>
        <ProblemNote error={indicators.error} />
        <div className={css.pair}>
          {(indicators.data?.items ?? []).map((item) => <Rate key={item.code} item={item} region={region} />)}
        </div>
        <Summary region={region} />
      </section>
      <League parent={region.slice(0, 2)} onRegion={onRegion} />
    </>
  )
}

function Rate({ item, region }: { item: Indicator; region: string }) {
  const t = useText(cockpitText)
  const f = useFormat()
  const pick = useBilingual()
  return (
    <Figure
      name={pick(item.name)}
      size="large"
      value={item.value === null ? f.percent(null) : f.number(item.value * 100, 1)}
      unit={item.value === null ? undefined : '%'}
      unknown={item.value === null}
      note={item.unit === 'camera' ? t('health.checked', { checked: f.number(item.denominator), total: f.number(item.denominator + item.unknown) }) : undefined}
      basis={{
        definition: pick(item.definition),
        formula: pick(item.formula_words),
        numerator: item.numerator,
        denominator: item.denominator,
        unknown: item.unknown,
        between: item.low === null || item.high === null ? null : [item.low, item.high],
        exempt: item.exempt,
        coverage: item.coverage,
        asOf: item.as_of,
        down: downTo(item, region),
      }}
    />
  )
}

/** All cameras of the region in the four states. */
function Summary({ region }: { region: string }) {
  const f = useFormat()
  const t = useText(cockpitText)
  const summary = useSummary(region).data
  if (!summary) return null
  return (
    <div className={css.summary}>
      <p>
        <span>{t('summary.total')}</span>
        <strong>{f.number(summary.total)}</strong>
      </p>
      <HealthBar summary={summary} />
      <ul>
        {STATES.map((state) => <li key={state}><HealthMark health={state} label count={f.number(summary[state])} /></li>)}
      </ul>
    </div>
  )
}

function League({ parent, onRegion }: { parent: string; onRegion: (code: string) => void }) {
  const t = useText(cockpitText)
  const f = useFormat()
  const pick = useBilingual()
  const league = useLeague({ kind: 'region', parent, by: 'playable', only: 'online,playable', compare: false })
  const rows = league.data?.items ?? []
  return (
    <section className={css.grow}>
      <h2 className={css.title}>{t('league.title')}</h2>
      <ProblemNote error={league.error} />
      {league.data && rows.length === 0 && <p className={css.empty}>{t('league.empty')}</p>}
      {rows.length > 0 && (
        <table className={css.league}>
          <thead>
            <tr>
              <th scope="col">{t('league.city')}</th>
              <th scope="col" aria-hidden />
              <th scope="col">{t('league.online')}</th>
              <th scope="col">{t('league.playable')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ code, name, figures }) => (
              <tr key={code} data-unknown={figures.playable?.value == null || undefined}>
                <th scope="row">
                  <button type="button" onClick={() => onRegion(code)}>{name ? pick(name) : code}</button>
                </th>
                <td className={css.track}>
                  <span>{figures.playable?.value != null && <i style={{ width: `${figures.playable.value * 100}%` }} />}</span>
                </td>
                <td>{f.percent(figures.online?.value)}</td>
                <td>{f.percent(figures.playable?.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
