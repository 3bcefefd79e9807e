import { DownloadOutlined } from '@ant-design/icons'
import { Button, Input, Segmented, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { path } from '@/api/client'
import { useStatistics, type By, type Repairs } from '@/api/maintenance'
import { HowKnown } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { dayFromToday } from './days'
import css from './maintenance.module.css'
import { maintenanceText, type MaintenanceKey } from './text'

const BYS: readonly By[] = ['unit', 'maker', 'model', 'cause', 'code']

/** What came of the orders of a time, by firm, maker, model, cause or fault; every figure says on how many it rests. */
export function StatisticsPart() {
  const t = useText(maintenanceText)
  const f = useFormat()
  const [by, setBy] = useState<By>('unit')
  const [days, setDays] = useState<[string, string]>(() => [dayFromToday(-29), dayFromToday()])
  const [region, setRegion] = useState<string>()
  const query = { by, start: days[0], end: days[1], region }
  const found = useStatistics(query)
  const head = (key: 'respond' | 'repair' | 'onTime' | 'cameBack') => <>{t(`stat.${key}`)} <HowKnown name={t(`stat.${key}`)} basis={{ definition: t(`stat.${key}.how` as MaintenanceKey) }} /></>
  const figure = (text: string, n: number) => <>{text}<span className={css.sub}>{t('stat.n', { n: f.number(n) })}</span></>
  const columns: TableColumnType<Repairs>[] = [
    { title: t(`stat.by.${by}`), key: 'name', render: (_, one) => one.name || <span className={css.sub}>{t('stat.unknown')}</span> },
    { title: t('stat.orders'), key: 'orders', width: 90, align: 'right', render: (_, one) => f.number(one.orders) },
    { title: t('stat.cameras'), key: 'cameras', width: 100, align: 'right', render: (_, one) => f.number(one.cameras) },
    { title: t('stat.open'), key: 'open', width: 90, align: 'right', render: (_, one) => f.number(one.open) },
    { title: head('respond'), key: 'respond', width: 170, align: 'right', render: (_, one) => figure(f.number(one.respond_hours, 1), one.responded) },
    { title: head('repair'), key: 'repair', width: 170, align: 'right', render: (_, one) => figure(f.number(one.repair_hours, 1), one.repaired) },
    { title: head('onTime'), key: 'onTime', width: 120, align: 'right', render: (_, one) => figure(f.percent(one.on_time), one.due) },
    { title: head('cameBack'), key: 'cameBack', width: 120, align: 'right', render: (_, one) => figure(f.percent(one.came_back), one.said) },
  ]
  return (
    <>
      <div className={css.bar}>
        <Segmented<By> value={by} options={BYS.map((value) => ({ value, label: t(`stat.by.${value}`) }))} onChange={setBy} />
        <Input type="date" style={{ width: 150 }} aria-label={t('stat.from')} value={days[0]} max={days[1]} onChange={(event) => event.target.value && setDays([event.target.value, days[1]])} />
        <Input type="date" style={{ width: 150 }} aria-label={t('stat.to')} value={days[1]} min={days[0]} onChange={(event) => event.target.value && setDays([days[0], event.target.value])} />
        <RegionSelect placeholder={t('filter.region')} {...(region ? { value: region } : {})} onChange={setRegion} />
        <Button icon={<DownloadOutlined />} href={path('/maintenance/statistics.csv', query)} download>{t('stat.csv')}</Button>
        <Button icon={<DownloadOutlined />} href={path('/maintenance/statistics.xlsx', query)} download>{t('stat.xlsx')}</Button>
      </div>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {found.data && <p className={css.pad}>{t('stat.period', { start: found.data.start, end: found.data.end, n: f.number(found.data.orders) })}</p>}
      <Table<Repairs>
        size="small" rowKey="name" dataSource={found.data?.rows ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 980 }}
        locale={{ emptyText: <Teach title={t('stat.none')} /> }}
      />
    </>
  )
}
