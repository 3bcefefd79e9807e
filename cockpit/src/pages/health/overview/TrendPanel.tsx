import { Segmented } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTrend, type Scope, type Trend, type TrendPoint } from '@/api/health'
import { useTokens } from '@/app/theme/Mood'
import type { Tokens } from '@/app/theme/tokens'
import { SOLID_COVERAGE } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat, type Format } from '@/text/format'
import { useText } from '@/text/language'
import css from '../health.module.css'
import { healthText } from '../text'
import { days, floor } from './days'

const Chart = lazy(() => import('@/parts/chart/Chart'))

const SPANS = [30, 90, 365] as const
type Span = (typeof SPANS)[number]

/** An indicator by day: hollow where little was measured, a gap where nothing was counted, never a zero. */
export function TrendPanel({ of, indicator, name }: { of: Scope; indicator: string; name: string }) {
  const t = useText(healthText)
  const f = useFormat()
  const tokens = useTokens()
  const [span, setSpan] = useState<Span>(30)
  const trend = useTrend(of, indicator, span)
  const option = useMemo(
    () => trend.data && chart(trend.data, tokens, f, (point) => t('trend.tip', { day: point.day, value: f.percent(point.value), n: f.number(point.denominator), coverage: f.percent(point.coverage, 0) }), t('trend.aim')),
    [trend.data, tokens, f, t],
  )
  const few = trend.data?.kept && trend.data.items.length < 2
  return (
    <div>
      <div className={css.bar}>
        <Segmented<Span> aria-label={t('trend.span')} value={span} options={SPANS.map((value) => ({ value, label: t('trend.days', { n: value }) }))} onChange={setSpan} />
        <span className={css.faint}>{t('trend.key')}</span>
      </div>
      <ProblemNote error={trend.error} onRetry={() => void trend.refetch()} />
      {trend.data?.kept === false && <Teach title={t('trend.notKept')}>{t('trend.notKeptText')}</Teach>}
      {few && <Teach title={t('trend.few')}>{t('trend.fewText')}</Teach>}
      {trend.data?.kept && trend.data.items.length > 0 && option && (
        <Suspense fallback={null}><Chart option={option} label={t('trend.label', { name, n: span })} height={300} /></Suspense>
      )}
    </div>
  )
}

function chart(trend: Trend, tokens: Tokens, f: Format, tip: (point: TrendPoint) => string, aim: string) {
  const list = days(trend)
  const hollow = (point: TrendPoint) => point.coverage !== null && point.coverage < SOLID_COVERAGE
  return {
    grid: { left: 48, right: 16, top: 16, bottom: 28 },
    xAxis: { type: 'category', data: list.map(([day]) => day.slice(5)), axisTick: { show: false }, axisLine: { lineStyle: { color: tokens.lineStrong } }, axisLabel: { color: tokens.textFaint } },
    yAxis: {
      type: 'value', min: floor(trend), max: 1, axisLabel: { color: tokens.textFaint, formatter: (value: number) => f.percent(value, 0) }, splitLine: { lineStyle: { color: tokens.line } },
    },
    tooltip: {
      trigger: 'axis',
      backgroundColor: tokens.raised,
      borderColor: tokens.lineStrong,
      textStyle: { color: tokens.text },
      formatter: (shown: { dataIndex: number }[]) => {
        const point = list[shown[0]?.dataIndex ?? -1]?.[1]
        return point ? tip(point) : ''
      },
    },
    series: [
      {
        type: 'line',
        connectNulls: false,
        symbol: 'circle',
        symbolSize: 7,
        showAllSymbol: true,
        lineStyle: { color: tokens.accent, width: 1.5 },
        data: list.map(([, point]) => ({
          value: point?.value ?? null,
          itemStyle: point && hollow(point) ? { color: tokens.panel, borderColor: tokens.accent, borderWidth: 1.5 } : { color: tokens.accent },
        })),
        ...(trend.aim !== null && {
          markLine: { silent: true, symbol: 'none', lineStyle: { color: tokens.works, type: 'dashed' }, label: { formatter: `${aim} ${f.percent(trend.aim, 0)}`, color: tokens.works, position: 'insideEndTop' }, data: [{ yAxis: trend.aim }] },
        }),
      },
    ],
  }
}
