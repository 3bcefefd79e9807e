import { App, Button, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { assignMany, undoAssign, useCases } from '@/api/cases'
import type { BulkDone, CaseItem, Candidate } from '@/api/types'
import { useCan } from '@/app/auth'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { AssignDialog } from './AssignDialog'
import css from './cases.module.css'
import { asQuery, type CaseFilters } from './filters'
import { SeverityMark } from './SeverityMark'
import { StateTag } from './StateTag'
import { casesText } from './text'
import { commonRegion } from './regions'

/** Cases, the newest first; several can be given to somebody at once, and taken back. */
export function CaseTable({ filters }: { filters: CaseFilters }) {
  const t = useText(casesText)
  const f = useFormat()
  const can = useCan()
  const trail = useTrail()
  const cases = useCases({ ...asQuery(filters), after: trail.after, limit: 50 })
  const items = cases.data?.items ?? []
  const [chosen, setChosen] = useState<ReadonlyMap<string, CaseItem>>(new Map())
  const columns: TableColumnType<CaseItem>[] = [
    { title: t('col.number'), key: 'number', width: 84, render: (_, one) => <Link to={`/cases/${one.id}`}>#{one.number}</Link> },
    { title: t('col.severity'), key: 'severity', width: 100, render: (_, one) => <SeverityMark severity={one.severity} /> },
    { title: t('col.title'), key: 'title', render: (_, one) => <CaseTitle item={one} /> },
    { title: t('col.place'), key: 'place', width: 280, render: (_, one) => <>{one.place}<span className={css.sub}>{one.region.name ?? one.region.code}</span></> },
    { title: t('col.state'), key: 'state', width: 108, render: (_, one) => <StateTag state={one.state} /> },
    { title: t('col.assignee'), key: 'assignee', width: 150, render: (_, one) => one.assignee?.name ?? (one.state === 'open' ? <span className={css.faint}>{t('nobody')}</span> : '') },
    { title: t('col.opened'), key: 'opened', width: 160, render: (_, one) => f.dateTime(one.opened_at) },
    { title: t('col.deadline'), key: 'deadline', width: 196, render: (_, one) => <Deadline item={one} /> },
  ]
  return (
    <>
      <ProblemNote error={cases.error} onRetry={() => void cases.refetch()} />
      {chosen.size > 0 && <Chosen chosen={[...chosen.values()]} onDone={() => setChosen(new Map())} />}
      <Table<CaseItem>
        size="small"
        rowKey="id"
        dataSource={items}
        columns={columns}
        loading={cases.isPending && !cases.error}
        pagination={false}
        scroll={{ x: 1120 }}
        {...(can('cases.write')
          ? {
              rowSelection: {
                selectedRowKeys: [...chosen.keys()],
                preserveSelectedRowKeys: true,
                getCheckboxProps: (one: CaseItem) => ({ disabled: one.state !== 'open' && one.state !== 'assigned' }),
                // What was chosen on pages before stays chosen, with what is known of it.
                onChange: (_: React.Key[], rows: CaseItem[]) => setChosen(new Map(rows.filter(Boolean).map((one) => [one.id, one]))),
              },
            }
          : {})}
        locale={{ emptyText: <Teach title={t('none.title')} action={<Link to="/cameras/access">{t('none.links')}</Link>}>{t('none.text')}</Teach> }}
      />
      <Pager trail={trail} next={cases.data?.next} />
    </>
  )
}

export function CaseTitle({ item }: { item: Pick<CaseItem, 'id' | 'title' | 'words' | 'occurrences'> }) {
  const t = useText(casesText)
  const f = useFormat()
  return (
    <>
      <Link to={`/cases/${item.id}`}>{item.title}</Link>
      {item.occurrences > 1 && <span className={css.more}>{t('more', { n: f.number(item.occurrences - 1) })}</span>}
      {item.words && <span className={css.sub}>{item.words}</span>}
    </>
  )
}

export function Deadline({ item }: { item: Pick<CaseItem, 'deadline_at' | 'overdue' | 'state' | 'level'> }) {
  const t = useText(casesText)
  const f = useFormat()
  const [now] = useState(() => Date.now())
  const live = item.state === 'open' || item.state === 'assigned' || item.state === 'handled'
  if (!item.deadline_at || !live) return null
  const late = (now - Date.parse(item.deadline_at)) / 1000
  return (
    <span title={f.dateTime(item.deadline_at)} className={item.overdue ? css.late : undefined}>
      {item.overdue ? t('overdue', { time: f.seconds(Math.max(late, 0)) }) : t('due', { time: f.dateTime(item.deadline_at).slice(0, -3) })}
      {item.level > 0 && <span className={css.sub}>{t('level', { n: item.level })}</span>}
    </span>
  )
}

function Chosen({ chosen, onDone }: { chosen: CaseItem[]; onDone: () => void }) {
  const t = useText(casesText)
  const { notification } = App.useApp()
  const act = useAct()
  const [asking, setAsking] = useState(false)
  const [done, setDone] = useState<BulkDone | null>(null)
  const said = (bulk: BulkDone, text: string) =>
    [text, bulk.left.length > 0 ? t('bulk.left', { n: bulk.left.length, why: [...new Set(bulk.left.map((one) => one.title))].join(' ') }) : ''].filter(Boolean).join(' ')
  const undo = async (batch: string) => {
    notification.destroy(batch)
    await act.run(async () => {
      const back = await undoAssign(batch)
      notification.success({ title: said(back, t('bulk.undone', { n: back.assigned })) })
    }, ['cases'])
  }
  const assign = async (to: Candidate) => {
    await act.run(async () => {
      const bulk = await assignMany(chosen.map((one) => one.id), { kind: to.kind, id: to.id })
      setDone(bulk)
      setAsking(false)
      const batch = bulk.batch
      notification.open({
        key: batch ?? 'bulk', duration: 30, title: said(bulk, t('bulk.done', { n: bulk.assigned })),
        ...(batch ? { actions: <Button size="small" type="primary" onClick={() => void undo(batch)}>{t('bulk.undo')}</Button> } : {}),
      })
      onDone()
    }, ['cases'])
  }
  const region = commonRegion(chosen.map((one) => one.region.code))
  return (
    <div className={css.chosen}>
      <ProblemNote error={act.problem} />
      <span>{t('bulk.chosen', { n: chosen.length })}</span>
      <Button size="small" type="primary" onClick={() => setAsking(true)}>{t('bulk.assign')}</Button>
      {asking && done === null && (
        <AssignDialog
          region={region} busy={act.busy} problem={act.problem} onAssign={(to) => void assign(to)} onClose={() => setAsking(false)}
          note={<><p>{t('bulk.preview', { n: chosen.length })}</p>{new Set(chosen.map((one) => one.region.code)).size > 1 && <p>{t('bulk.regions')}</p>}</>}
        />
      )}
    </div>
  )
}
