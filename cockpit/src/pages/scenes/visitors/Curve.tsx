import { App, Button, Card, Input, InputNumber, Segmented, Table } from 'antd'
import { useMemo, useState } from 'react'
import { enterCount, useVisitorCurve, type CurvePoint, type KnownCount, type VisitorArea } from '@/api/visitors'
import { useTokens } from '@/app/theme/Mood'
import type { Tokens } from '@/app/theme/tokens'
import Chart from '@/parts/chart/Chart'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat, type Format } from '@/text/format'
import { useText } from '@/text/language'
import { visitorsText } from './text'
import css from './visitors.module.css'

const HOURS = [6, 24, 168] as const

/** One area's curve as a band, and the counts it is corrected by. */
export function Curve({ area, may }: { area: VisitorArea; may: boolean }) {
  const t = useText(visitorsText)
  const f = useFormat()
  const tokens = useTokens()
  const [hours, setHours] = useState<(typeof HOURS)[number]>(24)
  const curve = useVisitorCurve(area.id, hours)
  const points = useMemo(() => curve.data?.items ?? [], [curve.data])
  const chart = useMemo(
    () => option(points, area.capacity, t('curve.capacity'), tokens, f, (point) =>
      t('curve.tip', {
        time: f.dateTime(point.start), n: f.number(point.inside), error: f.number(point.error),
        in: f.number(point.in), out: f.number(point.out), coverage: f.percent(point.coverage, 0),
      })),
    [points, area.capacity, t, tokens, f],
  )
  return (
    <div className={css.two}>
      <Card size="small" title={t('curve')} extra={<Segmented size="small" value={hours} options={HOURS.map((value) => ({ value, label: t(`hours.${value}`) }))} onChange={setHours} />}>
        <ProblemNote error={curve.error} />
        {curve.data && points.length === 0
          ? <p className={css.quiet}>{t('curve.none')}</p>
          : <Chart height={280} label={t('curve.label', { name: area.name, hours })} option={chart} />}
        <p className={css.quiet}>{t('learned', { balance: f.number(area.balance, 3), drift: f.percent(area.drift, 1) })}</p>
      </Card>
      <Card size="small" title={t('counts')}>
        {may && <CountForm area={area} />}
        <Table<KnownCount>
          size="small"
          rowKey="at"
          pagination={false}
          locale={{ emptyText: t('counts.none') }}
          dataSource={curve.data?.counts ?? []}
          scroll={{ y: 220 }}
          columns={[
            { title: t('counts.at'), dataIndex: 'at', render: (at: string) => f.dateTime(at) },
            { title: t('counts.what'), dataIndex: 'kind', render: (kind: KnownCount['kind']) => t(`counts.kind.${kind}`) },
            { title: t('counts.count'), dataIndex: 'count', align: 'right', render: (count: number) => f.number(count) },
            { title: t('counts.thought'), dataIndex: 'thought', align: 'right', render: (thought: number | null) => f.number(thought) },
            { title: t('counts.by'), dataIndex: 'by' },
          ]}
        />
      </Card>
    </div>
  )
}

function CountForm({ area }: { area: VisitorArea }) {
  const t = useText(visitorsText)
  const { message } = App.useApp()
  const act = useAct()
  const [count, setCount] = useState<number | null>(null)
  const [note, setNote] = useState('')
  const enter = async () => {
    if (count === null || !(await act.run(() => enterCount(area.id, count, note), ['visitor-areas']))) return
    void message.success(t('count.done'))
    setCount(null)
    setNote('')
  }
  return (
    <>
      <p className={css.quiet}>{t('count.how')}</p>
      <div className={css.row}>
        <InputNumber aria-label={t('count')} min={0} value={count} onChange={setCount} />
        <Input aria-label={t('count.note')} placeholder={t('count.note')} maxLength={200} style={{ width: 140 }} value={note} onChange={(event) => setNote(event.target.value)} />
        <Button disabled={count === null} loading={act.busy} onClick={() => void enter()}>{t('count.do')}</Button>
      </div>
      <ProblemNote error={act.problem} />
    </>
  )
}

/** A band from below to above, the figure as a line in it, the capacity as a mark. */
function option(points: readonly CurvePoint[], capacity: number, capacityName: string, tokens: Tokens, f: Format, tip: (point: CurvePoint) => string) {
  const colour = tokens.people
  const low = points.map((point) => Math.max(point.inside - point.error, 0))
  const band = { type: 'line', stack: 'band', symbol: 'none', lineStyle: { opacity: 0 }, silent: true }
  return {
    grid: { left: 56, right: 16, top: 16, bottom: 28 },
    tooltip: {
      trigger: 'axis',
      formatter: (rows: { dataIndex: number }[]) => {
        const point = points[rows[0]?.dataIndex ?? -1]
        return point ? tip(point) : ''
      },
    },
    xAxis: { type: 'category', data: points.map((point) => f.time(point.start)), boundaryGap: false },
    yAxis: { type: 'value', min: 0, max: Math.ceil(Math.max(capacity, ...points.map((point) => point.inside + point.error)) * 1.05) },
    series: [
      { ...band, data: low },
      { ...band, data: points.map((point, at) => point.inside + point.error - (low[at] ?? 0)), areaStyle: { color: colour, opacity: 0.2 } },
      {
        type: 'line',
        symbol: 'none',
        lineStyle: { color: colour, width: 2 },
        data: points.map((point) => point.inside),
        markLine: { symbol: 'none', silent: true, label: { formatter: capacityName, position: 'insideEndTop' }, data: [{ yAxis: capacity }] },
      },
    ],
  }
}
