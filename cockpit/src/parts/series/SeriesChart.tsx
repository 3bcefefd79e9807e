import { Segmented } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import type { Query } from '@/api/client'
import { useSeries } from '@/api/queries'
import { useMood, useTokens } from '@/app/theme/Mood'
import { useScreenScale } from '@/app/theme/useScreenScale'
import type { Tokens } from '@/app/theme/tokens'
import Chart from '@/parts/chart/Chart'
import { SOLID_COVERAGE } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat, type Format } from '@/text/format'
import { useText } from '@/text/language'
import { buckets, fittingHours, STEP, type Bucket } from './buckets'
import css from './SeriesChart.module.css'
import { seriesText } from './text'

type Hours = keyof typeof STEP
const HOURS: readonly Hours[] = [1, 6, 24]
const REDRAW_MS = 15_000

/** Crossings of the last hours: people above, vehicles below; hollow where coverage is low, grey where nothing is known. */
export default function SeriesChart({ of, since }: { of: Query; since: string | null }) {
  const t = useText(seriesText)
  const f = useFormat()
  const tokens = useTokens()
  const screen = useScreenScale()
  const scale = useMood() === 'cockpit' ? Math.max(1, screen) : 1
  const [chosen, setChosen] = useState<Hours | null>(null)
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), REDRAW_MS)
    return () => window.clearInterval(timer)
  }, [])
  const hours: Hours = chosen ?? fittingHours(since, now)
  const step = STEP[hours]
  const series = useSeries({ ...of, hours, step })
  const list = useMemo(
    () => buckets(series.data?.items ?? [], now - hours * 3_600_000, now, step),
    [series.data, now, hours, step],
  )
  const words = { from: f.time(now - hours * 3_600_000), to: f.time(now), minutes: step / 60 }

  return (
    <section>
      <h2 className={css.title}>
        {t('title')}
        <Segmented
          className={css.hours}
          size="small"
          value={hours}
          options={HOURS.map((value) => ({ value, label: t(`hours.${value}`) }))}
          onChange={setChosen}
        />
      </h2>
      <ProblemNote error={series.error} />
      {(['people', 'vehicles'] as const).map((kind) => (
        <div key={kind} className={css.chart}>
          <h3 data-kind={kind}>{t(`kind.${kind}`)}</h3>
          <Chart
            label={t('label', { name: t(`kind.${kind}`), ...words })}
            option={option(list, kind, tokens, scale, f, (bucket) =>
              bucket[kind] === null
                ? `${f.time(bucket.start)}  ${t('unknown')}`
                : t('tip', { time: f.time(bucket.start), value: f.number(bucket[kind]), coverage: f.percent(bucket.coverage[kind], 0) }),
            )}
          />
        </div>
      ))}
      <p className={css.key}>
        <i className={css.hollow} /> {t('hollow')} <i className={css.nothing} /> {t('unknown')}
      </p>
    </section>
  )
}

function option(list: readonly Bucket[], kind: 'people' | 'vehicles', tokens: Tokens, scale: number, f: Format, tip: (bucket: Bucket) => string) {
  const colour = tokens[kind]
  const top = Math.max(4, ...list.map((bucket) => bucket[kind] ?? 0))
  const every = Math.max(1, Math.round(list.length / 4))
  return {
    grid: { left: 34 * scale, right: 4, top: 8 * scale, bottom: 20 * scale },
    xAxis: {
      type: 'category',
      data: list.map((bucket) => f.time(bucket.start)),
      axisLine: { lineStyle: { color: tokens.lineStrong } },
      axisTick: { show: false },
      axisLabel: { color: tokens.textFaint, fontSize: 11 * scale, interval: (index: number) => index % every === 0 },
    },
    yAxis: {
      type: 'value',
      max: top,
      splitNumber: 2,
      minInterval: 1,
      axisLabel: { color: tokens.textFaint, fontSize: 11 * scale },
      splitLine: { lineStyle: { color: tokens.line } },
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'none' },
      backgroundColor: tokens.raised,
      borderColor: tokens.lineStrong,
      textStyle: { color: tokens.text, fontSize: 12 * scale },
      formatter: (shown: { dataIndex: number }[]) => {
        const bucket = list[shown[0]?.dataIndex ?? -1]
        return bucket ? tip(bucket) : ''
      },
    },
    series: [
      {
        type: 'bar',
        barCategoryGap: '22%',
        barGap: '-100%',
        silent: true,
        itemStyle: { color: tokens.raised },
        data: list.map((bucket) => (bucket[kind] === null ? top : null)),
      },
      {
        type: 'bar',
        barCategoryGap: '22%',
        data: list.map((bucket) => ({
          value: bucket[kind],
          itemStyle:
            bucket.coverage[kind] < SOLID_COVERAGE
              ? { color: 'transparent', borderColor: colour, borderWidth: 1.2 }
              : { color: colour },
        })),
      },
    ],
  }
}
