import { Button, InputNumber, Table, type TableColumnsType } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import { Link } from 'react-router'
import { useWhatIf, type Repair, type Scope, type WhatIf } from '@/api/health'
import { useCan } from '@/app/auth'
import { useTokens } from '@/app/theme/Mood'
import type { Tokens } from '@/app/theme/tokens'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useSettled } from '@/parts/useSettled'
import { useFormat, type Format } from '@/text/format'
import { useText } from '@/text/language'
import { behind } from '../down'
import css from '../health.module.css'
import { healthText, thingWord } from '../text'

const Chart = lazy(() => import('@/parts/chart/Chart'))
const FIRST = 500
const BAR = 0.95

/** What repairs would gain, those that gain most first; an order may mend many cameras and costs the same. */
export function WhatIfPanel({ of, indicator, aim }: { of: Scope; indicator: string; aim: number | null }) {
  const t = useText(healthText)
  const f = useFormat()
  const tokens = useTokens()
  const [orders, setOrders] = useState(FIRST)
  const [bar, setBar] = useState(aim ?? BAR)
  const found = useWhatIf(of, indicator, useSettled(orders, 400), useSettled(bar, 400))
  const said = found.data
  const option = useMemo(() => said && chart(said, tokens, f, t), [said, tokens, f, t])
  const columns = useColumns()
  return (
    <div className={css.whatif}>
      <div className={css.bar}>
        <label>{t('whatif.first')} <InputNumber min={0} max={30_000} step={50} value={orders} onChange={(value) => setOrders(value ?? 0)} /></label>
        <label>{t('whatif.bar')} <InputNumber min={1} max={100} step={1} suffix="%" value={Math.round(bar * 1000) / 10} onChange={(value) => setBar((value ?? BAR * 100) / 100)} /></label>
      </div>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {said && said.lacking === 0 && <Teach title={t('whatif.none')}>{t('whatif.noneText')}</Teach>}
      {said && said.lacking > 0 && said.first && (
        <>
          <p className={css.lead}>
            {t('whatif.gain', {
              orders: f.number(said.first.orders), cameras: f.number(said.first.cameras), points: f.number(said.first.gain * 100, 1),
              from: f.percent(said.figure.value), to: f.percent(said.first.value),
            })}
          </p>
          <p>
            {said.needed === null
              ? t('whatif.unreachable', { bar: f.percent(said.bar), orders: f.number(said.orders), to: f.percent(said.curve.at(-1)?.value) })
              : said.needed.orders === 0
                ? t('whatif.reached', { bar: f.percent(said.bar) })
                : t('whatif.needed', { bar: f.percent(said.bar), orders: f.number(said.needed.orders), cameras: f.number(said.needed.cameras) })}
          </p>
          {said.truncated && <p className={css.warn}>{t('whatif.truncated', { n: f.number(said.lacking) })}</p>}
          <p className={css.bar}>
            <Link to={behind(of, indicator, 'repairs', said.first.orders)}><Button type="primary">{t('whatif.select', { n: f.number(said.first.cameras) })}</Button></Link>
            <span className={css.faint}>{t('whatif.selectNote')}</span>
          </p>
          {option && <Suspense fallback={null}><Chart option={option} label={t('whatif.label')} height={240} /></Suspense>}
          <Table<Repair> size="small" rowKey="place" dataSource={said.items} columns={columns} pagination={{ pageSize: 10, showSizeChanger: false, hideOnSinglePage: true }} />
          <p className={css.faint}>{t('whatif.note')}</p>
        </>
      )}
    </div>
  )
}

function useColumns(): TableColumnsType<Repair> {
  const orders = useCan()('maintenance.read')
  const t = useText(healthText)
  const f = useFormat()
  return [
    { key: 'place', title: t('whatif.place'), width: 60, render: (_, one) => one.place },
    {
      key: 'what', title: t('whatif.what'),
      render: (_, one) =>
        one.case_id !== null ? <Link to={`${orders ? '/health/maintenance/orders' : '/cases'}/${one.case_id}`}>{t('whatif.case', { name: one.name ?? '' })}</Link>
          : one.camera_id !== null && one.by === null ? <Link to={`/cameras/${one.camera_id}`}>{one.name}</Link>
            : t('whatif.shared', { by: thingWord(t, one.by ?? ''), name: one.name ?? '' }),
    },
    { key: 'cameras', title: t('whatif.cameras'), align: 'right', render: (_, one) => f.number(one.cameras) },
    { key: 'gain', title: t('whatif.gains'), align: 'right', render: (_, one) => `+${f.number(one.gain * 100, 3)}` },
    { key: 'value', title: t('whatif.after'), align: 'right', render: (_, one) => f.percent(one.value, 2) },
  ]
}

function chart(said: WhatIf, tokens: Tokens, f: Format, t: (key: 'whatif.tip' | 'whatif.bar', values?: Record<string, string>) => string) {
  return {
    grid: { left: 52, right: 16, top: 16, bottom: 28 },
    xAxis: { type: 'value', max: said.orders, minInterval: 1, axisLabel: { color: tokens.textFaint }, splitLine: { show: false }, axisLine: { lineStyle: { color: tokens.lineStrong } } },
    yAxis: {
      type: 'value', min: Math.floor((said.figure.value ?? 0) * 20) / 20, max: 1,
      axisLabel: { color: tokens.textFaint, formatter: (value: number) => f.percent(value, 0) }, splitLine: { lineStyle: { color: tokens.line } },
    },
    tooltip: {
      trigger: 'axis', backgroundColor: tokens.raised, borderColor: tokens.lineStrong, textStyle: { color: tokens.text },
      formatter: (shown: { dataIndex: number }[]) => {
        const step = said.curve[shown[0]?.dataIndex ?? -1]
        return step ? t('whatif.tip', { orders: f.number(step.orders), cameras: f.number(step.cameras), value: f.percent(step.value, 2) }) : ''
      },
    },
    series: [
      {
        type: 'line', showSymbol: false, lineStyle: { color: tokens.accent, width: 2 }, areaStyle: { color: tokens.accentSoft },
        data: said.curve.map((step) => [step.orders, step.value]),
        markLine: {
          silent: true, symbol: 'none', lineStyle: { color: tokens.works, type: 'dashed' },
          label: { formatter: `${t('whatif.bar')} ${f.percent(said.bar, 0)}`, color: tokens.works, position: 'insideEndTop' },
          data: [{ yAxis: said.bar }],
        },
      },
    ],
  }
}
