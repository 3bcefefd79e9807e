import { PlusOutlined } from '@ant-design/icons'
import { App, Button, Drawer, Form, Input, InputNumber, Progress, Select, Space, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { addRound, endRound, useRounds, useWords, type Round, type RoundBody } from '@/api/maintenance'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { ChoicePart, NOTHING } from './ChoicePart'
import { dayFromToday } from './days'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

/** Plans of regular rounds, each with how far its latest order is. */
export function RoundsPart() {
  const t = useText(maintenanceText)
  const can = useCan()
  const act = useAct()
  const { notification } = App.useApp()
  const found = useRounds()
  const units = useWords().data?.units ?? []
  const [adding, setAdding] = useState(false)
  const write = can('maintenance.write')
  const stop = (one: Round) =>
    void act.run(async () => {
      await endRound(one.id)
      notification.open({
        key: one.id, duration: 30, title: t('round.ended', { name: one.name }),
        actions: <Button size="small" type="primary" onClick={() => { notification.destroy(one.id); void act.run(() => endRound(one.id), ['rounds']) }}>{t('contract.undo')}</Button>,
      })
    }, ['rounds'])
  const columns: TableColumnType<Round>[] = [
    { title: t('round.name'), key: 'name', dataIndex: 'name' },
    { title: t('col.unit'), key: 'unit', width: 200, render: (_, one) => units.find((unit) => unit.id === one.unit_id)?.name },
    { title: t('round.every'), key: 'every', width: 110, dataIndex: 'every_days' },
    { title: t('round.next'), key: 'next', width: 120, dataIndex: 'next_on' },
    {
      title: t('round.latest'), key: 'latest', width: 320,
      render: (_, one) => one.latest && (
        <Link to={`/health/maintenance/orders/${one.latest.case_id}`}>
          <Progress size="small" percent={Math.round((100 * one.latest.looked) / Math.max(1, one.latest.cameras))} {...(one.latest.overdue ? { status: 'exception' as const } : {})} />
          #{one.latest.number} · {t('round.progress', { looked: one.latest.looked, cameras: one.latest.cameras, found: one.latest.found })}
          {one.latest.overdue && <span className={css.bad}> {t('round.overdue')}</span>}
        </Link>
      ),
    },
    ...(write ? [{ key: 'acts', width: 90, render: (_: unknown, one: Round) => <Button size="small" disabled={act.busy} onClick={() => stop(one)}>{t('round.end')}</Button> }] : []),
  ]
  return (
    <>
      {write && <div className={css.bar}><Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('round.add')}</Button></div>}
      <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
      <Table<Round>
        size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 980 }}
        locale={{ emptyText: <Teach title={t('round.none')}>{t('round.none.text')}</Teach> }}
      />
      {adding && <Add onClose={() => setAdding(false)} />}
    </>
  )
}

function Add({ onClose }: { onClose: () => void }) {
  const t = useText(maintenanceText)
  const act = useAct()
  const units = useWords().data?.units ?? []
  const [body, setBody] = useState<RoundBody>({
    name: '', contract_id: null, unit_id: null, choice: NOTHING, every_days: 30, within_days: 7, checklist: [], next_on: dayFromToday(1),
  })
  const set = (part: Partial<RoundBody>) => setBody((before) => ({ ...before, ...part }))
  const save = async () => {
    if (await act.run(() => addRound({ ...body, checklist: body.checklist.map((line) => line.trim()).filter(Boolean) }), ['rounds'])) onClose()
  }
  return (
    <Drawer open size={720} title={t('round.add')} onClose={onClose}>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('round.name')} required><Input value={body.name} maxLength={100} onChange={(event) => set({ name: event.target.value })} /></Form.Item>
        <Form.Item label={t('contract.unit')} required>
          <Select showSearch={{ optionFilterProp: 'label' }} aria-label={t('contract.unit')} value={body.unit_id} options={units.map((unit) => ({ value: unit.id, label: unit.name }))} onChange={(unit_id: string) => set({ unit_id })} />
        </Form.Item>
        <h3>{t('contract.cameras')}</h3>
        <ChoicePart value={body.choice} onChange={(choice) => set({ choice })} />
        <Space wrap>
          <Form.Item label={t('round.every')}><InputNumber min={1} max={366} value={body.every_days} onChange={(next) => set({ every_days: next ?? 30 })} /></Form.Item>
          <Form.Item label={t('round.within')}><InputNumber min={1} max={366} value={body.within_days} onChange={(next) => set({ within_days: next ?? 7 })} /></Form.Item>
          <Form.Item label={t('round.next')}><Input type="date" aria-label={t('round.next')} value={body.next_on} onChange={(event) => event.target.value && set({ next_on: event.target.value })} /></Form.Item>
        </Space>
        <Form.Item label={t('round.checklist')}><Input.TextArea rows={4} value={body.checklist.join('\n')} onChange={(event) => set({ checklist: event.target.value.split('\n').slice(0, 20) })} /></Form.Item>
        <ProblemNote error={act.problem} />
        <Button type="primary" loading={act.busy} disabled={!body.name.trim() || !body.unit_id} onClick={() => void save()}>{t('round.save')}</Button>
      </Form>
    </Drawer>
  )
}
