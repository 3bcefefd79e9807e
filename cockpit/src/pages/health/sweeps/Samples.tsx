import { Button, InputNumber, Table } from 'antd'
import { useState } from 'react'
import { askSample, useSamples, type Sample } from '@/api/sweeps'
import { useCan, useHomeRegion } from '@/app/auth'
import { HowKnown } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { percentOf } from './causes'
import css from './sweeps.module.css'
import { sweepsText } from './text'

/** Samples with what they tell and how surely; drawing another one. */
export function Samples({ onAsked }: { onAsked: (id: string) => void }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const may = useCan()('health.write')
  const samples = useSamples()
  return (
    <>
      {may && <Draw onAsked={onAsked} />}
      <ProblemNote error={samples.error} />
      <Table<Sample>
        size="small"
        rowKey="id"
        loading={samples.isPending && !samples.error}
        dataSource={samples.data?.items ?? []}
        pagination={false}
        scroll={{ x: 720 }}
        locale={{ emptyText: <Teach title={t('samples.none')}>{t('samples.teach')}</Teach> }}
        columns={[
          { title: t('samples.region'), dataIndex: 'region', width: 80 },
          { title: t('samples.rate'), key: 'rate', width: 110, render: (_, one) => <Rate sample={one} /> },
          { title: '', key: 'interval', width: 150, render: (_, one) => <Interval sample={one} /> },
          { title: t('samples.n'), key: 'n', width: 130, align: 'right', render: (_, one) => `${f.number(one.estimate?.n ?? 0)} / ${f.number(one.population)}` },
          { title: t('samples.progress'), key: 'progress', width: 70, align: 'right', render: (_, one) => `${percentOf(one.done, one.drawn)}%` },
          { title: t('samples.seed'), dataIndex: 'seed', width: 70, align: 'right' },
          { title: t('samples.when'), key: 'when', width: 160, render: (_, one) => f.dateTime(one.started_at) },
        ]}
      />
    </>
  )
}

function Rate({ sample: { estimate, population, finished_at, region } }: { sample: Sample }) {
  const t = useText(sweepsText)
  const f = useFormat()
  if (!estimate) return <>{f.percent(null)}</>
  return (
    <>
      {f.percent(estimate.rate)}
      <HowKnown
        name={t('samples.rate')}
        basis={{ definition: t('samples.definition'), formula: t('samples.formula'), between: [estimate.low, estimate.high], coverage: population ? estimate.n / population : null, asOf: finished_at, down: `/cameras?region=${region}&health=offline` }}
      />
    </>
  )
}

/** The bounds drawn on a line from 0 to 100 %, the rate as a mark between them; the same in words beside it. */
function Interval({ sample: { estimate } }: { sample: Sample }) {
  const t = useText(sweepsText)
  const f = useFormat()
  if (!estimate) return null
  const words = t('samples.between', { low: f.percent(estimate.low), high: f.percent(estimate.high), confidence: f.percent(estimate.confidence, 0) })
  return (
    <>
      <div className={css.interval} role="img" aria-label={words}>
        <span style={{ left: `${estimate.low * 100}%`, right: `${(1 - estimate.high) * 100}%` }} />
        <i style={{ left: `${estimate.rate * 100}%` }} />
      </div>
      <span className={css.faint}>{words}</span>
    </>
  )
}

function Draw({ onAsked }: { onAsked: (id: string) => void }) {
  const t = useText(sweepsText)
  const act = useAct()
  const home = useHomeRegion()
  const [region, setRegion] = useState<string | undefined>(home)
  const [percent, setPercent] = useState(3)
  const [seed, setSeed] = useState(1)
  const ask = () =>
    act.run(async () => {
      if (region === undefined) return
      const { data } = await askSample({ region, share: percent / 100, seed })
      onAsked(data.id)
    }, ['samples', 'sweeps'])
  return (
    <>
      <div className={css.form}>
        <RegionSelect {...(region === undefined ? {} : { value: region })} onChange={setRegion} placeholder={t('samples.region')} />
        <InputNumber min={0.1} max={100} step={1} value={percent} onChange={(value) => setPercent(value ?? 3)} prefix={t('samples.share')} suffix="%" />
        <InputNumber min={0} max={2147483647} precision={0} value={seed} onChange={(value) => setSeed(value ?? 1)} prefix={t('samples.seed')} />
        <Button loading={act.busy} disabled={region === undefined} onClick={() => void ask()}>{t('samples.do')}</Button>
      </div>
      <ProblemNote error={act.problem} />
    </>
  )
}
