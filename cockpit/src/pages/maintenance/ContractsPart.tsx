import { PlusOutlined } from '@ant-design/icons'
import { App, Button, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { endContract, useContracts, type Contract } from '@/api/maintenance'
import { useCan } from '@/app/auth'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { ContractForm } from './ContractForm'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

/** Contracts with firms: who maintains what, how fast, until when. */
export function ContractsPart() {
  const t = useText(maintenanceText)
  const can = useCan()
  const act = useAct()
  const trail = useTrail()
  const { notification } = App.useApp()
  const found = useContracts(trail.after)
  const [editing, setEditing] = useState<string | null>(null)
  const write = can('maintenance.write')
  const end = (one: Contract) =>
    void act.run(async () => {
      await endContract(one.id)
      if (one.ended_at === null) {
        notification.open({
          key: one.id, duration: 30, title: t('contract.ended', { name: one.name }),
          actions: <Button size="small" type="primary" onClick={() => { notification.destroy(one.id); void act.run(() => endContract(one.id), ['contracts']) }}>{t('contract.undo')}</Button>,
        })
      }
    }, ['contracts'])
  const columns: TableColumnType<Contract>[] = [
    { title: t('contract.name'), key: 'name', render: (_, one) => <>{one.name}<span className={css.sub}>{one.number}</span></> },
    { title: t('contract.unit'), key: 'unit', width: 200, dataIndex: 'unit_name' },
    { title: t('contract.valid'), key: 'valid', width: 210, render: (_, one) => <>{one.valid_from} – {one.valid_to}<span className={css.sub}>{t(one.running ? 'contract.running' : one.ended_at ? 'contract.over' : 'contract.outside')}</span></> },
    { title: t('contract.levels'), key: 'levels', width: 260, render: (_, one) => one.levels.map((level, place) => <div key={place}>{[level.codes.join('、'), t('contract.hours', { respond: `${level.respond} h`, repair: `${level.repair} h` })].filter(Boolean).join('：')}</div>) },
    { title: t('contract.calendar'), key: 'calendar', width: 150, render: (_, one) => (one.calendar ? `${one.calendar.from.slice(0, 5)}–${one.calendar.to.slice(0, 5)}` : t('contract.calendar.all')) },
    ...(write ? [{ key: 'acts', width: 150, render: (_: unknown, one: Contract) => (
      <span className={css.acts}>
        <Button size="small" onClick={() => setEditing(one.id)}>{t('contract.edit')}</Button>
        <Button size="small" disabled={act.busy} onClick={() => end(one)}>{t(one.ended_at ? 'contract.begin' : 'contract.end')}</Button>
      </span>
    ) }] : []),
  ]
  return (
    <>
      {write && <div className={css.bar}><Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>{t('contract.add')}</Button></div>}
      <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
      <Table<Contract>
        size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 1100 }}
        locale={{ emptyText: <Teach title={t('contract.none')}>{t('contract.none.text')}</Teach> }}
      />
      <Pager trail={trail} next={found.data?.next} />
      {editing !== null && <ContractForm id={editing === 'new' ? undefined : editing} onClose={() => setEditing(null)} />}
    </>
  )
}
