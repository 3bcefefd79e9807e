import { Table } from 'antd'
import type { BridgeStep } from '@/api/feedbacks'
import { HowKnown } from '@/parts/HowKnown'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../told.module.css'
import { spans } from './spans'
import { assessmentText } from './text'

/** The waterfall from their rate to ours: each step where it begins and ends, and what it is worth. */
export function BridgePanel({ steps }: { steps: readonly BridgeStep[] }) {
  const t = useText(assessmentText)
  const f = useFormat()
  const drawn = spans(steps)
  const worth = (points: number | null) => (points === null ? '' : `${points > 0 ? '+' : ''}${f.number(points / 100, 2)}`)
  const title = <>{t('bridge.title')} <HowKnown name={t('bridge.title')} basis={{ definition: t('bridge.how') }} /></>
  return (
    <Panel flush title={title} note={t('bridge.note')}>
      <Table<BridgeStep>
        size="small" rowKey="code" pagination={false} dataSource={[...steps]} scroll={{ x: 820 }} locale={{ emptyText: t('bridge.none') }}
        columns={[
          { title: t('bridge.step'), key: 'step', width: 250, render: (_, step, place) => (place === 0 || place === steps.length - 1 ? <strong>{step.words}</strong> : step.words) },
          { title: t('bridge.about'), key: 'rows', width: 90, align: 'right', render: (_, step) => f.number(step.rows) },
          { title: t('bridge.rate'), key: 'rate', width: 110, align: 'right', render: (_, step) => f.percent(step.rate, 2) },
          { title: t('bridge.points'), key: 'points', width: 120, align: 'right', render: (_, step) => worth(step.points) },
          {
            key: 'bar',
            render: (_, _step, place) => {
              const span = drawn[place]
              return span && <span className={css.bar} aria-hidden><span data-way={span.way} style={{ left: `${span.from * 100}%`, width: `${(span.to - span.from) * 100}%` }} /></span>
            },
          },
        ]}
      />
    </Panel>
  )
}
