import { Button, Select, Table } from 'antd'
import { Link, useSearchParams } from 'react-router'
import { labelIncident, useIncidents, type Incident } from '@/api/incidents'
import { useScenes } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { CasesNav } from '../CasesNav'
import css from '../cases.module.css'
import { SeverityMark } from '../SeverityMark'
import own from './incidents.module.css'
import { incidentsText, type IncidentsKey } from './text'

const FIELDS = ['scene', 'state', 'region', 'label', 'held', 'camera'] as const
type Field = (typeof FIELDS)[number]

/** Everything scenes have seen, by scene, place, state and what people said; also what opened no case. */
export default function IncidentsPage() {
  const t = useText(incidentsText)
  const [search, setSearch] = useSearchParams()
  const trail = useTrail()
  const query = Object.fromEntries(FIELDS.map((name) => [name, search.get(name) ?? undefined])) as Record<Field, string | undefined>
  const found = useIncidents({ ...query, after: trail.after, limit: 50 })
  const change = (name: Field, value: string | undefined) => {
    const next = new URLSearchParams(search)
    if (value) next.set(name, value)
    else next.delete(name)
    trail.restart()
    setSearch(next, { replace: true })
  }
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <CasesNav />
      <Panel flush>
        <Filters query={query} onChange={change} />
        <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
        <List items={found.data?.items ?? []} loading={found.isPending && !found.error} onCamera={(id) => change('camera', id)} />
        <Pager trail={trail} next={found.data?.next} />
      </Panel>
    </div>
  )
}

function Filters({ query, onChange }: { query: Record<Field, string | undefined>; onChange: (name: Field, value: string | undefined) => void }) {
  const t = useText(incidentsText)
  const pick = useBilingual()
  const can = useCan()
  const scenes = useScenes(can('scenes.read')).data?.items ?? []
  const choice = (name: Field, values: readonly string[], label: (value: string) => string) => (
    <Select
      allowClear aria-label={t(`filter.${name as 'scene'}`)} placeholder={t(`filter.${name as 'scene'}`)}
      {...(query[name] ? { value: query[name] } : {})}
      options={values.map((value) => ({ value, label: label(value) }))}
      onChange={(value?: string) => onChange(name, value)}
    />
  )
  const names = new Map(scenes.map((one) => [one.code, pick(one.name)]))
  return (
    <div className={css.bar} role="search">
      {choice('scene', [...names.keys()], (value) => names.get(value) ?? value)}
      {choice('state', ['open', 'over'], (value) => t(`state.${value}` as IncidentsKey))}
      {choice('label', ['none', 'true', 'false'], (value) => t(`label.${value}` as IncidentsKey))}
      {choice('held', ['false', 'true'], (value) => t(`held.${value}` as IncidentsKey))}
      <RegionSelect placeholder={t('filter.region')} {...(query.region ? { value: query.region } : {})} onChange={(region) => onChange('region', region)} />
      {query.camera && <Button size="small" onClick={() => onChange('camera', undefined)}>{t('camera')} ×</Button>}
    </div>
  )
}

function List({ items, loading, onCamera }: { items: Incident[]; loading: boolean; onCamera: (id: string) => void }) {
  const t = useText(incidentsText)
  const f = useFormat()
  const lasted = (one: Incident) => t('lasted', { time: f.seconds((Date.parse(one.ended_at ?? one.told_at) - Date.parse(one.began_at)) / 1000) })
  return (
    <Table<Incident>
      size="small" rowKey="id" pagination={false} scroll={{ x: 1240 }} loading={loading} dataSource={items}
      locale={{ emptyText: <Teach title={t('none.title')} action={<Link to="/scenes">{t('none.link')}</Link>}>{t('none.text')}</Teach> }}
      columns={[
        { title: t('col.title'), key: 'title', render: (_, one) => <><SeverityMark severity={one.severity} /> <strong>{one.title}</strong> <span className={own.faint}>{one.scene_name} · {one.words}</span></> },
        { title: t('col.camera'), key: 'camera', width: 220, ellipsis: true, render: (_, one) => <Button type="link" size="small" style={{ padding: 0 }} onClick={() => onCamera(one.camera_id)}>{one.camera || one.camera_id.slice(-6)}</Button> },
        { title: t('col.began'), key: 'began', width: 180, render: (_, one) => f.dateTime(one.began_at) },
        { title: t('col.state'), key: 'state', width: 170, render: (_, one) => <>{t(`state.${one.state}`)} <span className={own.faint}>{one.times > 1 ? t('times', { n: one.times }) : lasted(one)}</span></> },
        { title: t('col.score'), key: 'score', width: 80, align: 'right', render: (_, one) => f.percent(one.score, 0) },
        { title: t('col.case'), key: 'case', width: 220, render: (_, one) => <CaseOf one={one} /> },
        { title: t('col.label'), key: 'label', width: 200, fixed: 'right', render: (_, one) => <Said one={one} /> },
      ]}
    />
  )
}

function CaseOf({ one }: { one: Incident }) {
  const t = useText(incidentsText)
  const f = useFormat()
  return (
    <>
      {one.case_id && <Link to={`/cases/${one.case_id}`}>#{one.case_number ?? '—'}</Link>}{' '}
      {one.held && <span className={own.faint}>{t(`why.${one.held}`, { share: f.percent(one.filtered, 0) })}</span>}
    </>
  )
}

/** What people say of an incident, without its case: for those that opened none, and to correct a label. */
function Said({ one }: { one: Incident }) {
  const t = useText(incidentsText)
  const may = useCan()('cases.write')
  const act = useAct()
  const say = (real: boolean | null) => void act.run(() => labelIncident(one.id, real), ['incidents', 'incident-tunings', 'training'])
  if (one.label !== null) {
    return (
      <>
        {t(one.label ? 'label.true' : 'label.false')} {may && <Button size="small" type="link" loading={act.busy} onClick={() => say(null)}>{t('mark.undo')}</Button>}
        <ProblemNote error={act.problem} />
      </>
    )
  }
  // With a case of its own the case's steps say it.
  if (!may || (one.case_id !== null && one.held === '')) return <span className={own.faint}>{t('label.none')}</span>
  return (
    <>
      <Button size="small" loading={act.busy} onClick={() => say(true)}>{t('mark.real')}</Button>{' '}
      <Button size="small" loading={act.busy} onClick={() => say(false)}>{t('mark.false')}</Button>
      <ProblemNote error={act.problem} />
    </>
  )
}
