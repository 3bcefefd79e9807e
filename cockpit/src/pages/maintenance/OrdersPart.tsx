import { Input, Segmented, Select, Table, type TableColumnType } from 'antd'
import { useMemo } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useOrders, useWords, type OrderItem } from '@/api/maintenance'
import { Deadline } from '@/pages/cases/CaseTable'
import { SeverityMark } from '@/pages/cases/SeverityMark'
import { StateTag } from '@/pages/cases/StateTag'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

const VIEWS = { live: { live: true }, waits: { waits: true }, late: { late: true }, closed: { state: 'closed' }, all: {} } as const
type View = keyof typeof VIEWS
const NAMES = ['unit', 'code', 'region', 'q'] as const

/** Orders, the newest first; the address says which, so that they can be passed on. */
export function OrdersPart() {
  const [search, setSearch] = useSearchParams()
  const view: View = (search.get('view') ?? 'live') in VIEWS ? ((search.get('view') ?? 'live') as View) : 'live'
  const query = useMemo(
    () => ({ ...VIEWS[view], ...Object.fromEntries(NAMES.map((name) => [name, search.get(name) ?? undefined])) }),
    [view, search],
  )
  const change = (name: string, value: string | undefined) => {
    const next = new URLSearchParams(search)
    if (value) next.set(name, value)
    else next.delete(name)
    setSearch(next, { replace: true })
  }
  return (
    <>
      <Filters view={view} search={search} onChange={change} />
      <Orders key={search.toString()} query={query} />
    </>
  )
}

function Filters({ view, search, onChange }: { view: View; search: URLSearchParams; onChange: (name: string, value?: string) => void }) {
  const t = useText(maintenanceText)
  const pick = useBilingual()
  const words = useWords().data
  const value = (name: string) => (search.get(name) ? { value: search.get(name) ?? '' } : {})
  return (
    <div className={css.bar} role="search">
      <Segmented<View> value={view} options={(Object.keys(VIEWS) as View[]).map((key) => ({ value: key, label: t(`filter.${key}`) }))} onChange={(next) => onChange('view', next === 'live' ? undefined : next)} />
      <Select
        allowClear showSearch={{ optionFilterProp: 'label' }} aria-label={t('filter.unit')} placeholder={t('filter.unit')} {...value('unit')}
        options={(words?.units ?? []).map((unit) => ({ value: unit.id, label: unit.name }))} onChange={(next?: string) => onChange('unit', next)}
      />
      <Select
        allowClear showSearch={{ optionFilterProp: 'label' }} aria-label={t('filter.code')} placeholder={t('filter.code')} {...value('code')}
        options={(words?.codes ?? []).map((code) => ({ value: code.code, label: pick(code) }))} onChange={(next?: string) => onChange('code', next)}
      />
      <RegionSelect placeholder={t('filter.region')} {...value('region')} onChange={(next) => onChange('region', next)} />
      <Input.Search allowClear aria-label={t('filter.q')} placeholder={t('filter.q')} defaultValue={search.get('q') ?? ''} style={{ width: 200 }} onSearch={(next) => onChange('q', next.trim())} />
    </div>
  )
}

function Orders({ query }: { query: Record<string, string | boolean | undefined> }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  const trail = useTrail()
  const found = useOrders({ ...query, after: trail.after, limit: 50 })
  const columns: TableColumnType<OrderItem>[] = [
    { title: t('col.number'), key: 'number', width: 84, render: (_, one) => <Link to={at(one)}>#{one.number}</Link> },
    { title: t('col.severity'), key: 'severity', width: 100, render: (_, one) => <SeverityMark severity={one.severity} /> },
    { title: t('col.title'), key: 'title', width: 150, render: (_, one) => <Link to={at(one)}>{one.title}</Link> },
    { title: t('col.place'), key: 'place', render: (_, one) => <>{one.place}<span className={css.sub}>{one.why || (one.region.name ?? one.region.code)}</span></> },
    { title: t('col.unit'), key: 'unit', width: 200, render: (_, one) => one.assignee ? <>{one.assignee.name}<span className={css.sub}>{one.taken_name ? t('taken', { name: one.taken_name }) : one.contract}</span></> : <span className={css.bad}>{t('unit.none')}</span> },
    { title: t('col.state'), key: 'state', width: 130, render: (_, one) => <><StateTag state={one.state} />{one.recheck && <span className={css.sub}>{t(`recheck.${one.recheck}`)}</span>}</> },
    { title: t('col.opened'), key: 'opened', width: 160, render: (_, one) => f.dateTime(one.opened_at) },
    { title: t('col.deadline'), key: 'deadline', width: 196, render: (_, one) => <Deadline item={one} /> },
  ]
  return (
    <>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<OrderItem>
        size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 1180 }}
        locale={{ emptyText: <Teach title={t('none.title')} action={<Link to="/health/maintenance/contracts">{t('none.contracts')}</Link>}>{t('none.text')}</Teach> }}
      />
      <Pager trail={trail} next={found.data?.next} />
    </>
  )
}

const at = (one: OrderItem) => `/health/maintenance/orders/${one.id}`
