import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useMemo } from 'react'
import { Link } from 'react-router'
import { useLive } from '@/api/liveContext'
import { useCountsNow } from '@/api/queries'
import type { CountsNow, Kind } from '@/api/types'
import { useCan } from '@/app/auth'
import { Figure } from '@/parts/Figure'
import { className, CLASSES } from '@/parts/names'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './Column.module.css'
import { cockpitText } from './text'

const SeriesChart = lazy(() => import('@/parts/series/SeriesChart'))

export function CountsColumn({ region }: { region: string }) {
  const t = useText(cockpitText)
  const may = useCan()('counts.read')
  const counts = useCountsNow(region, may)
  useLiveCounts(region, may)
  const data = counts.data
  const of = useMemo(() => ({ region }), [region])
  if (!may) return null
  return (
    <>
      <section>
        <h2 className={css.title}>
          {t('counts.title')}
          {data && data.cameras_watched > 0 && <small>{t('counts.watched', { n: data.cameras_watched })}</small>}
        </h2>
        <ProblemNote error={counts.error} />
        {data && data.cameras_watched === 0 && data.since === null ? (
          <div className={css.empty}>
            <p>{t('counts.none')}</p>
            <p>{t('counts.teach')}</p>
            <Link to="/cameras?has_source=true">{t('counts.open')}</Link>
          </div>
        ) : (
          data && (
            <>
              <KindFigures kind="people" counts={data} />
              <KindFigures kind="vehicles" counts={data} />
            </>
          )
        )}
      </section>
      {data?.since && (
        <Suspense fallback={null}>
          <SeriesChart of={of} since={data.since} />
        </Suspense>
      )}
      {data?.since && <ByClass counts={data} />}
    </>
  )
}

/** The live topic carries the same body as the query; it goes straight into its cache. */
function useLiveCounts(region: string, enabled: boolean) {
  const queries = useQueryClient()
  useLive(
    'counts',
    useCallback(({ data }) => queries.setQueryData(['counts-now', region], data as CountsNow), [queries, region]),
    enabled,
  )
}

function KindFigures({ kind, counts }: { kind: 'people' | 'vehicles'; counts: CountsNow }) {
  const t = useText(cockpitText)
  const f = useFormat()
  const figures: Kind = counts[kind]
  const unit = t(`counts.${kind}Unit`)
  const behind = { since: counts.since, asOf: counts.as_of, coverage: counts.coverage, down: '/cameras?analysis=true' }
  return (
    <div className={css.kind} data-kind={kind}>
      <h3>{t(`counts.${kind}`)}</h3>
      <div className={css.pair}>
        <Figure
          name={t('counts.now')}
          size="large"
          value={f.number(figures.now)}
          unit={figures.now === null ? undefined : unit}
          unknown={figures.now === null}
          basis={{ definition: t('counts.nowDefinition'), formula: t('counts.nowFormula'), asOf: counts.as_of, coverage: counts.coverage, down: behind.down }}
        />
        <Figure
          name={t('counts.since')}
          size="large"
          value={f.number(figures.total)}
          unit={unit}
          note={t('counts.inOut', { in: f.number(figures.in), out: f.number(figures.out) })}
          basis={{ definition: t('counts.sinceDefinition'), formula: t('counts.sinceFormula'), ...behind }}
        />
      </div>
    </div>
  )
}

function ByClass({ counts }: { counts: CountsNow }) {
  const t = useText(cockpitText)
  const p = useText(partsText)
  const f = useFormat()
  const known = CLASSES.filter((name) => name in counts.by_class)
  const others = Object.keys(counts.by_class).filter((name) => !(CLASSES as readonly string[]).includes(name)).sort()
  return (
    <section className={css.grow}>
      <h2 className={css.title}>{t('classes.title')}</h2>
      <table className={css.league}>
        <thead>
          <tr>
            <th scope="col">{t('classes.class')}</th>
            <th scope="col">{t('classes.in')}</th>
            <th scope="col">{t('classes.out')}</th>
          </tr>
        </thead>
        <tbody>
          {[...known, ...others].map((name) => (
            <tr key={name}>
              <th scope="row">{className(p, name)}</th>
              <td>{f.number(counts.by_class[name]?.in)}</td>
              <td>{f.number(counts.by_class[name]?.out)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
