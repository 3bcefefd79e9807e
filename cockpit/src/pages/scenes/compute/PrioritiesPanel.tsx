import { App, Button, InputNumber, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { usePriorities, type Priority } from '@/api/compute'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { computeText } from './text'

/** How much each scene is worth; a change can be undone from the message that tells it. */
export function PrioritiesPanel({ mayWrite }: { mayWrite: boolean }) {
  const t = useText(computeText)
  const f = useFormat()
  const pick = useBilingual()
  const { message } = App.useApp()
  const act = useAct()
  const read = usePriorities()
  const [draft, setDraft] = useState<Record<string, number | null>>({})
  const save = async (priority: Priority, factor: number, undo = true) => {
    const made: Priority[] = []
    await act.run(async () => made.push((await call<Priority>('PUT', `/compute/priorities/${priority.scene}`, { body: { factor }, ifMatch: priority.etag })).data), ['compute'])
    const now = made[0]
    if (now === undefined) return
    setDraft((before) => Object.fromEntries(Object.entries(before).filter(([scene]) => scene !== priority.scene)))
    void message.success({
      content: (
        <>
          {t('priorities.saved', { scene: pick(priority), n: f.number(factor, 1) })}
          {undo && <Button type="link" size="small" onClick={() => void save(now, priority.factor, false)}>{t('lend.undo')}</Button>}
        </>
      ),
      duration: 8,
    })
  }
  return (
    <Panel title={t('priorities')} note={t('priorities.note')}>
      <ProblemNote error={read.error ?? act.problem} onRetry={() => void read.refetch()} />
      <Table<Priority>
        size="small"
        rowKey="scene"
        loading={read.isPending}
        dataSource={read.data?.items ?? []}
        pagination={false}
        columns={[
          { title: t('priorities.scene'), render: (_, one) => pick(one) },
          { title: t('priorities.base'), render: (_, one) => f.number(one.base, 1) },
          {
            title: t('priorities.factor'),
            render: (_, one) => {
              const value = draft[one.scene] ?? one.factor
              return (
                <>
                  <InputNumber size="small" min={0} max={100} step={0.5} value={value} disabled={!mayWrite} aria-label={`${t('priorities.factor')} ${pick(one)}`} onChange={(next) => setDraft((before) => ({ ...before, [one.scene]: next }))} />
                  {mayWrite && value !== one.factor && <Button type="link" size="small" loading={act.busy} onClick={() => void save(one, value)}>{t('form.save')}</Button>}
                </>
              )
            },
          },
        ]}
      />
    </Panel>
  )
}
