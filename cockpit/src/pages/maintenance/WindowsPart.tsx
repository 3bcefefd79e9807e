import { PlusOutlined } from '@ant-design/icons'
import { Button, Drawer, Form, Input, Space, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { endWindow, planWindow, useWindows, type Choice, type Window } from '@/api/maintenance'
import { useCan } from '@/app/auth'
import { localOf, momentOf } from '@/pages/health/moments'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ChoicePart, NOTHING } from './ChoicePart'
import { hoursAfter } from './days'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

const MORE_HOURS = 2

/** Planned work: cameras whose faults are noted and open no order until it is over. */
export function WindowsPart() {
  const t = useText(maintenanceText)
  const f = useFormat()
  const can = useCan()
  const act = useAct()
  const trail = useTrail()
  const found = useWindows(trail.after)
  const [adding, setAdding] = useState(false)
  const write = can('maintenance.write')
  const end = (one: Window, at: string | null) => void act.run(() => endWindow(one.id, at), ['windows', 'orders'])
  const columns: TableColumnType<Window>[] = [
    { title: t('window.reason'), key: 'reason', dataIndex: 'reason' },
    { title: t('window.cameras'), key: 'cameras', width: 100, align: 'right', render: (_, one) => f.number(one.cameras) },
    { title: t('window.time'), key: 'time', width: 340, render: (_, one) => `${f.dateTime(one.starts_at)} – ${f.dateTime(one.ended_at ?? one.ends_at)}` },
    { title: t('window.state'), key: 'state', width: 100, render: (_, one) => t(`window.${one.state}`) },
    { title: t('window.by'), key: 'by', width: 130, dataIndex: 'by_name' },
    ...(write ? [{ key: 'acts', width: 220, render: (_: unknown, one: Window) => one.state !== 'over' && (
      <span className={css.acts}>
        <Button size="small" disabled={act.busy} onClick={() => end(one, null)}>{t('window.end')}</Button>
        <Button size="small" disabled={act.busy} onClick={() => end(one, hoursAfter(new Date(one.ends_at), MORE_HOURS).toISOString())}>{t('window.extend')}</Button>
      </span>
    ) }] : []),
  ]
  return (
    <>
      {write && <div className={css.bar}><Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('window.add')}</Button></div>}
      <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
      <Table<Window>
        size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 980 }}
        locale={{ emptyText: <Teach title={t('window.none')}>{t('window.none.text')}</Teach> }}
      />
      <Pager trail={trail} next={found.data?.next} />
      {adding && <Add onClose={() => setAdding(false)} />}
    </>
  )
}

function Add({ onClose }: { onClose: () => void }) {
  const t = useText(maintenanceText)
  const act = useAct()
  const [reason, setReason] = useState('')
  const [choice, setChoice] = useState<Choice>(NOTHING)
  const [times, setTimes] = useState<readonly [string, string]>(() => [localOf(new Date()), localOf(hoursAfter(new Date(), 4))])
  const save = async () => {
    const [starts_at, ends_at] = times.map(momentOf)
    if (!starts_at || !ends_at) return
    const body = { choice, reason, starts_at, ends_at }
    if (await act.run(() => planWindow(body), ['windows', 'orders'])) onClose()
  }
  return (
    <Drawer open size={720} title={t('window.add')} onClose={onClose}>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('window.reason')} required><Input value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} /></Form.Item>
        <Form.Item label={t('window.time')} required>
          <Space wrap>
            <Input type="datetime-local" aria-label={t('window.time')} value={times[0]} onChange={(event) => setTimes([event.target.value, times[1]])} />
            –
            <Input type="datetime-local" aria-label={t('window.time')} value={times[1]} onChange={(event) => setTimes([times[0], event.target.value])} />
          </Space>
        </Form.Item>
        <h3>{t('contract.cameras')}</h3>
        <ChoicePart value={choice} onChange={setChoice} />
        <ProblemNote error={act.problem} />
        <Button type="primary" loading={act.busy} disabled={!reason.trim()} onClick={() => void save()}>{t('window.save')}</Button>
      </Form>
    </Drawer>
  )
}
