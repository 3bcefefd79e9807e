import { PlusOutlined } from '@ant-design/icons'
import { Button, Rate, Select, Table, Tabs, Tag, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { DEMAND_STATES, useDemands, type DemandItem } from '@/api/demands'
import { useCan } from '@/app/auth'
import { ScenesNav } from '@/pages/scenes/ScenesNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { DemandForm } from './DemandForm'
import css from './demands.module.css'
import { shownState } from './draft'
import { LibraryPart } from './LibraryPart'
import { demandsText } from './text'

/** Needs of departments, and the library of proven uses. */
export default function DemandsPage() {
  const t = useText(demandsText)
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const [adding, setAdding] = useState<{ scene?: string } | null>(null)
  const write = can('demands.write')
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {write && <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding({})}>{t('add')}</Button>}
      </PageHead>
      <ScenesNav />
      <Tabs
        activeKey={search.get('part') ?? 'list'} destroyOnHidden onChange={(part) => setSearch(part === 'list' ? {} : { part }, { replace: true })}
        items={[
          { key: 'list', label: t('tab.list'), children: <List onAdd={write ? () => setAdding({}) : undefined} /> },
          { key: 'library', label: t('tab.library'), children: <LibraryPart onUse={(scene) => setAdding({ scene })} /> },
        ]}
      />
      {adding && <DemandForm scene={adding.scene} onClose={() => setAdding(null)} />}
    </div>
  )
}

function List({ onAdd }: { onAdd: (() => void) | undefined }) {
  const t = useText(demandsText)
  const f = useFormat()
  const [state, setState] = useState<string>('')
  const trail = useTrail()
  const found = useDemands({ state, after: trail.after, limit: 50 })
  const columns: TableColumnType<DemandItem>[] = [
    { title: '#', key: 'number', dataIndex: 'number', width: 60 },
    { title: t('col.title'), key: 'title', render: (_, one) => <Link to={`/scenes/demands/${one.id}`}>{one.title}</Link> },
    { title: t('state'), key: 'state', width: 100, render: (_, one) => <Tag>{t(`state.${shownState(one)}`)}</Tag> },
    { title: t('col.scene'), key: 'scene', dataIndex: 'scene_name', width: 150 },
    { title: t('col.unit'), key: 'unit', width: 170, render: (_, one) => <>{one.unit}<span className={css.sub}>{one.by_name}</span></> },
    { title: t('col.when'), key: 'when', width: 330, render: (_, one) => `${f.dateTime(one.starts_at)} – ${one.ends_at ? f.dateTime(one.ends_at) : t('form.open')}` },
    {
      title: t('col.found'), key: 'found', width: 230,
      render: (_, one) => one.cores !== null && (
        <>
          {one.points > 0 ? t('found.points', { n: one.points, m: one.saved }) : t('found.cameras', { n: f.number(one.cameras) })}
          <span className={css.sub}>{t('found.cores', { n: f.number(one.cores, 2) })}</span>
        </>
      ),
    },
    { title: t('col.mark'), key: 'mark', width: 150, render: (_, one) => one.mark !== null && <Rate disabled value={one.mark} style={{ fontSize: 14 }} /> },
  ]
  return (
    <Panel flush>
      <div className={css.bar}>
        <Select
          style={{ minWidth: 140 }} aria-label={t('state')} value={state} onChange={(next) => { trail.restart(); setState(next) }}
          options={[{ value: '', label: t('state.all') }, ...DEMAND_STATES.map((value) => ({ value, label: t(`state.${value}`) }))]}
        />
      </div>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<DemandItem>
        size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 1150 }}
        locale={{ emptyText: <Teach title={t('none')} action={onAdd && <Button type="primary" onClick={onAdd}>{t('add')}</Button>}>{t('none.text')}</Teach> }}
      />
      <Pager trail={trail} next={found.data?.next} />
    </Panel>
  )
}
