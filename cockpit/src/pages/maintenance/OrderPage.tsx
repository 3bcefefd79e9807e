import { ArrowLeftOutlined } from '@ant-design/icons'
import { App, Button, Image, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { useCase } from '@/api/cases'
import { takeStep } from '@/api/cases'
import { deskPhoto, giveAnew, recheckOrder, splitOrder, useOrder, type OrderDetail, type OrderMember } from '@/api/maintenance'
import { useCan } from '@/app/auth'
import { CaseActs } from '@/pages/cases/CaseActs'
import { CaseSteps } from '@/pages/cases/CaseSteps'
import { Deadline } from '@/pages/cases/CaseTable'
import cases from '@/pages/cases/cases.module.css'
import { SeverityMark } from '@/pages/cases/SeverityMark'
import { StateTag } from '@/pages/cases/StateTag'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

/** One order: its cameras, why they are one, who has it, what was done and what the check says. */
export default function OrderPage() {
  const { id = '' } = useParams()
  const t = useText(maintenanceText)
  const found = useOrder(id)
  return (
    <div className={css.page}>
      <Link to="/health/maintenance" className={cases.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {found.data && <Known key={id} one={found.data} />}
    </div>
  )
}

function Known({ one }: { one: OrderDetail }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  return (
    <>
      <PageHead
        title={<span className={css.title}><SeverityMark severity={one.severity} /> #{one.number} {one.title} <StateTag state={one.state} /></span>}
        note={<>{[one.place, one.region.name ?? one.region.code, f.dateTime(one.opened_at)].join(' · ')} <Deadline item={one} /></>}
      />
      <div className={css.grid}>
        <div className={css.side}>
          {one.why && <Panel title={t('order.why')}><p>{one.why}</p></Panel>}
          <Members one={one} />
          {one.first.length > 0 && <Panel title={t('order.first')} flush><ul className={css.first}>{one.first.map((line) => <li key={line}>{line}</li>)}</ul></Panel>}
          {one.photos.length > 0 && <Photos one={one} />}
        </div>
        <div className={css.side}>
          <Acts one={one} />
          <Panel title={t('order.facts')} flush><Facts one={one} /></Panel>
          <Panel title={t('order.history')} flush><CaseSteps id={one.id} /></Panel>
        </div>
      </div>
    </>
  )
}

function Acts({ one }: { one: OrderDetail }) {
  const t = useText(maintenanceText)
  const can = useCan()
  const act = useAct()
  const read = useCase(one.id)
  const reads = ['orders', 'cases']
  const waits = one.taken_at === null && (one.state === 'open' || one.state === 'assigned') && !one.round
  return (
    <Panel title={t('order.acts')} flush>
      {can('maintenance.write') && (
        <div className={`${css.pad} ${css.acts}`}>
          {waits && <Button loading={act.busy} onClick={() => void act.run(() => giveAnew(one.id), reads)}>{t('order.give')}</Button>}
          {one.state === 'handled' && <Button type="primary" loading={act.busy} disabled={one.recheck === 'asked'} onClick={() => void act.run(() => recheckOrder(one.id), reads)}>{t('order.recheck')}</Button>}
          {can('cases.read') && <Link to={`/cases/${one.id}`}>{t('order.case')}</Link>}
        </div>
      )}
      <ProblemNote error={act.problem} />
      {read.data && <CaseActs read={read.data} />}
    </Panel>
  )
}

function Facts({ one }: { one: OrderDetail }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  const pick = useBilingual()
  const cause = one.causes.find((each) => each.code === one.cause)
  const checked = one.checked && [t('order.checkedSaid', { well: one.checked.well, of: one.checked.of }), one.checked.still.length > 0 && t('order.still', { names: one.checked.still.join('、') })].filter(Boolean).join('；')
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [t('order.contract'), one.contract || t('order.noContract')],
    [t('col.unit'), one.assignee?.name ?? t('unit.none')],
    [t('order.respond'), one.respond_at && f.dateTime(one.respond_at)],
    [t('order.deadline'), one.deadline_at && f.dateTime(one.deadline_at)],
    [t('order.taken'), one.taken_at && `${f.dateTime(one.taken_at)} · ${one.taken_name}`],
    [t('order.arrived'), one.arrived_at && [f.dateTime(one.arrived_at), one.arrived?.map((each) => each.toFixed(5)).join(', ')].filter(Boolean).join(' · ')],
    [t('order.handled'), one.handled_at && f.dateTime(one.handled_at)],
    [t('order.cause'), cause && pick(cause)],
    [t('order.parts'), one.parts],
    [t('order.checked'), one.recheck && [t(`recheck.${one.recheck}`), checked, one.rejected > 0 && t('rejected', { n: one.rejected })].filter(Boolean).join('；')],
  ]
  return (
    <dl className={cases.facts}>
      {rows.filter(([, value]) => Boolean(value)).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  )
}

function Members({ one }: { one: OrderDetail }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  const can = useCan()
  const [chosen, setChosen] = useState<readonly string[]>([])
  const looks = new Map(one.looks.map((look) => [look.camera, look]))
  const live = one.members.filter((member) => !member.well).length
  const splits = can('maintenance.write') && (one.state === 'open' || one.state === 'assigned') && live > 1 && !one.round
  const columns: TableColumnType<OrderMember>[] = [
    { title: t('member.name'), key: 'name', render: (_, member) => <><Link to={`/cameras/${member.id}`}>{member.name}</Link><span className={css.sub}>{[member.region.name, member.address].filter(Boolean).join(' · ')}</span></> },
    {
      title: t('member.fault'), key: 'fault', width: 170,
      render: (_, member) => looks.get(member.id)?.words || (member.well ? t('member.well') : <span className={css.bad}>{member.faults.filter((fault) => fault.state !== 'ended').map((fault) => fault.said).join('、')}</span>),
    },
    { title: t('member.since'), key: 'since', width: 160, render: (_, member) => member.faults[0] && f.dateTime(member.faults[0].at) },
    { title: t('member.seen'), key: 'seen', width: 160, render: (_, member) => member.faults[0] && f.dateTime(member.faults[0].ended_at ?? member.faults[0].seen_at) },
    { title: t('member.file'), key: 'file', width: 200, render: (_, member) => <>{Object.values(member.file).join(' · ')}{member.warranty_until && <span className={css.sub}>{t('member.warranty')} {member.warranty_until}</span>}</> },
  ]
  return (
    <Panel title={`${t('order.members')} (${one.members.length})`} flush>
      {splits && <Split one={one} live={live} chosen={chosen} onDone={() => setChosen([])} />}
      <Table<OrderMember>
        size="small" rowKey="id" dataSource={one.members} columns={columns} scroll={{ x: 860 }}
        pagination={one.members.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
        {...(splits ? { rowSelection: { selectedRowKeys: [...chosen], getCheckboxProps: (member: OrderMember) => ({ disabled: member.well }), onChange: (keys: React.Key[]) => setChosen(keys.map(String)) } } : {})}
      />
    </Panel>
  )
}

function Split({ one, live, chosen, onDone }: { one: OrderDetail; live: number; chosen: readonly string[]; onDone: () => void }) {
  const t = useText(maintenanceText)
  const { notification } = App.useApp()
  const act = useAct()
  const reads = ['orders', 'cases']
  const undo = (made: OrderDetail) => {
    notification.destroy(made.id)
    // Merged from whatever version it has now: nobody else knows of it yet.
    void act.run(() => takeStep(made.id, { action: 'merge', into: one.id }, '*'), reads)
  }
  const split = () =>
    void act.run(async () => {
      const made = await splitOrder(one.id, chosen)
      onDone()
      notification.open({
        key: made.id, duration: 30, title: t('order.split.done', { number: made.number }),
        actions: <Button size="small" type="primary" onClick={() => undo(made)}>{t('order.split.undo')}</Button>,
      })
    }, reads)
  return (
    <div className={`${css.pad} ${css.acts}`}>
      <Button size="small" loading={act.busy} disabled={chosen.length === 0 || chosen.length >= live} onClick={split}>{t('order.split')}</Button>
      <span className={css.sub}>{t('order.split.how')}</span>
      <ProblemNote error={act.problem} />
    </div>
  )
}

function Photos({ one }: { one: OrderDetail }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  return (
    <Panel title={t('order.photos')}>
      <Image.PreviewGroup>
        <div className={css.photos}>
          {one.photos.map((photo) => (
            <figure key={photo.id} style={{ margin: 0 }}>
              <Image src={deskPhoto(one.id, photo.id)} width="100%" height={130} style={{ objectFit: 'cover' }} alt={f.dateTime(photo.at)} />
              <figcaption className={css.sub}>{photo.by_name} · {f.dateTime(photo.at)}</figcaption>
            </figure>
          ))}
        </div>
      </Image.PreviewGroup>
    </Panel>
  )
}
