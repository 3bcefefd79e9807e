import { Button, Space, Table, type TableColumnType } from 'antd'
import { Link } from 'react-router'
import { reportFile, useReport, type BoardIncident, type Deployment, type Figure, type Report } from '@/api/deployments'
import { unitWord } from '@/pages/scenes/kinds/words'
import { HowKnown } from '@/parts/HowKnown'
import { save } from '@/parts/live/snapshot'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './deployments.module.css'
import { LogPart } from './LogPart'
import { deploymentsText } from './text'

const MINUTE_MS = 60_000
const PAGE = 20

/** What came of a deployment, and the same as a file. */
export function ReportPart({ one }: { one: Deployment }) {
  const t = useText(deploymentsText)
  if (!one.started_at) return <Panel><Teach title={t('report.none')} /></Panel>
  return <Made one={one} />
}

function Made({ one }: { one: Deployment }) {
  const t = useText(deploymentsText)
  const found = useReport(one.id)
  const act = useAct()
  const download = (format: 'pdf' | 'xlsx') => void act.run(async () => save(await reportFile(one.id, format), `${one.name}.${format}`))
  return (
    <>
      <div className={css.bar}>
        <Button loading={act.busy} onClick={() => download('pdf')}>{t('report.pdf')}</Button>
        <Button loading={act.busy} onClick={() => download('xlsx')}>{t('report.xlsx')}</Button>
      </div>
      <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
      {found.data && <Parts report={found.data} />}
    </>
  )
}

function Parts({ report }: { report: Report }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { incidents: sums, watched } = report
  const minutes = (value: number | null) => (value === null ? f.number(null) : t('report.minutes', { n: f.number(value, 1) }))
  const missed = watched.reduce((sum, each) => sum + each.missed, 0)
  const line: readonly (readonly [string, string, string])[] = [
    [t('report.coverage'), f.percent(report.coverage), t('board.since.how')],
    [t('report.incidents'), f.number(sums.total), t('report.incidents.how')],
    [t('report.false'), f.number(sums.false), t('report.incidents.how')],
    [t('report.taken'), minutes(sums.taken_minutes), t('report.taken.how', { n: sums.taken })],
    [t('report.closed'), minutes(sums.closed_minutes), t('report.closed.how', { n: sums.closed })],
    [t('report.missed'), minutes(missed), t('report.missed.how')],
  ]
  return (
    <div className={css.column}>
      <dl className={css.sums}>
        {line.map(([name, value, definition]) => <div key={name}><dt>{name}<HowKnown name={name} basis={{ definition, since: report.deployment.started_at, asOf: report.as_of }} /></dt><dd>{value}</dd></div>)}
      </dl>
      {report.duty_gaps.length > 0 && (
        <p className={css.bad}>{t('report.gaps')}：{report.duty_gaps.map((gap) => `${f.dateTime(gap.begin)} – ${f.dateTime(gap.end)}`).join('；')}</p>
      )}
      <Panel title={t('report.figures')}><Figures rows={report.figures} /></Panel>
      {report.by_day.length > report.figures.length && <Panel title={t('report.days')}><Figures rows={report.by_day} byDay /></Panel>}
      <Panel title={t('report.cameras')}><Watched rows={watched} /></Panel>
      <Panel title={t('report.listed')}><Listed rows={report.listed} /></Panel>
      <Panel title={t('report.log')}><LogPart id={report.deployment.id} lines={report.log} quiet /></Panel>
    </div>
  )
}

function Figures({ rows, byDay = false }: { rows: readonly Figure[]; byDay?: boolean }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { language } = useLanguage()
  const columns: TableColumnType<Figure>[] = [
    ...(byDay ? [{ title: t('figure.day'), key: 'day', dataIndex: 'day', width: 120 }] : []),
    { title: t('col.scenes'), key: 'scene', dataIndex: 'scene_name', width: 180 },
    { title: t('figure.measure'), key: 'name', render: (_, one) => <Space>{one.name}<HowKnown name={one.name} basis={{ definition: one.definition, coverage: one.coverage }} /></Space> },
    { title: t('figure.value'), key: 'value', align: 'right', width: 160, render: (_, one) => `${f.number(one.value, one.value !== null && !Number.isInteger(one.value) ? 1 : 0)} ${unitWord(language, one.unit)}` },
    { title: t('figure.coverage'), key: 'coverage', align: 'right', width: 100, render: (_, one) => f.percent(one.coverage, 0) },
  ]
  return <Table<Figure> size="small" rowKey={(one) => `${one.day ?? ''} ${one.scene} ${one.measure}`} columns={columns} dataSource={[...rows]} pagination={rows.length > PAGE ? { pageSize: PAGE } : false} locale={{ emptyText: t('board.figures.none') }} />
}

function Watched({ rows }: { rows: Report['watched'] }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const columns: TableColumnType<Report['watched'][number]>[] = [
    { title: t('incident.where'), key: 'name', render: (_, one) => <Link to={`/cameras/${one.camera}`}>{one.name}</Link> },
    { title: t('figure.coverage'), key: 'coverage', align: 'right', width: 110, render: (_, one) => f.percent(one.coverage, 0) },
    { title: t('watched.unwatched'), key: 'unwatched', align: 'right', width: 140, render: (_, one) => f.number(one.unwatched, 1) },
    { title: t('watched.faulty'), key: 'faulty', align: 'right', width: 130, render: (_, one) => f.number(one.faulty, 1) },
    { title: t('watched.missed'), key: 'missed', align: 'right', width: 170, render: (_, one) => f.number(one.missed, 1) },
  ]
  return <Table size="small" rowKey="camera" columns={columns} dataSource={[...rows]} pagination={rows.length > PAGE ? { pageSize: PAGE } : false} />
}

function Listed({ rows }: { rows: readonly BoardIncident[] }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const lasted = (one: BoardIncident, at: string | null) => (at ? t('report.minutes', { n: f.number(Math.max(0, (Date.parse(at) - Date.parse(one.began_at)) / MINUTE_MS), 1) }) : f.number(null))
  const columns: TableColumnType<BoardIncident>[] = [
    { title: t('incident.began'), key: 'began', width: 190, render: (_, one) => f.dateTime(one.began_at) },
    { title: t('incident.what'), key: 'name', dataIndex: 'name' },
    { title: t('incident.where'), key: 'camera', render: (_, one) => <Link to={`/cameras/${one.camera}`}>{one.camera_name}</Link> },
    { title: t('incident.case'), key: 'case', width: 90, render: (_, one) => one.case && <Link to={`/cases/${one.case}`}>#{one.number}</Link> },
    { title: t('incident.taken'), key: 'taken', width: 110, render: (_, one) => lasted(one, one.taken_at) },
    { title: t('incident.closed'), key: 'closed', width: 110, render: (_, one) => lasted(one, one.closed_at) },
    { title: t('incident.label'), key: 'label', width: 100, render: (_, one) => (one.label === null ? f.number(null) : t(one.label ? 'incident.real' : 'incident.false')) },
  ]
  return <Table<BoardIncident> size="small" rowKey="id" columns={columns} dataSource={[...rows]} pagination={rows.length > PAGE ? { pageSize: PAGE } : false} locale={{ emptyText: t('board.incidents.none') }} />
}
