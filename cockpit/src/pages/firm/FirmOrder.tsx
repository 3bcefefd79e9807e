import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { arriveAt, takeOrder, useMyOrder, type OrderDetail, type OrderMember } from '@/api/maintenance'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './firm.module.css'
import { Due } from './FirmPage'
import { Looks } from './Looks'
import { Report } from './Report'
import { firmText, stepName, type FirmKey } from './text'
import { useOnline } from './useOnline'
import { whereAmI } from './where'

/** One order on the telephone: what is wrong where, what to look at first, and what was done about it. */
export default function FirmOrder() {
  const { id = '' } = useParams()
  const t = useText(firmText)
  const found = useMyOrder(id)
  const online = useOnline()
  const one = found.data
  return (
    <main className={css.page}>
      <header className={css.head}>
        <Link to="/m">{t('back')}</Link>
        <h1>{one ? `#${one.number} ${one.title}` : ''}</h1>
        <button type="button" onClick={() => void found.refetch()}>{t('refresh')}</button>
      </header>
      {!online && <p className={css.note} role="status">{t('offline')}</p>}
      <ProblemNote error={online ? found.error : null} onRetry={() => void found.refetch()} />
      {one && <Known one={one} />}
    </main>
  )
}

function Known({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const isRound = one.kind === 'round'
  const [reporting, setReporting] = useState(false)
  const doing = one.state === 'assigned'
  return (
    <>
      <Check one={one} />
      <section className={css.box}>
        <strong>{one.place}</strong>
        <div className={css.line}><Due one={one} /><span>{t(`state.${one.state}`)}</span></div>
        {one.contract && <div className={css.line}><span>{t('order.contract')}</span><span>{one.contract}</span></div>}
        {one.taken_name && <div className={css.line}><span>{t('act.taken', { name: one.taken_name })}</span><Arrived one={one} /></div>}
        {one.why && <p className={css.line} title={t('order.why')}>{one.why}</p>}
      </section>
      {one.first.length > 0 && doing && (
        <section className={css.box}>
          <h2>{t('order.first')}</h2>
          <ul className={css.first}>{one.first.map((line) => <li key={line}>{line}</li>)}</ul>
        </section>
      )}
      {isRound ? <Looks one={one} /> : (
        <section className={css.box}>
          <h2>{t('order.cameras')} ({one.members.length})</h2>
          {one.members.map((member) => <Member key={member.id} member={member} />)}
        </section>
      )}
      {!isRound && doing && one.taken_at !== null && (one.arrived_at !== null || reporting) && <Report key={one.id} one={one} />}
      <History one={one} />
      {doing && !isRound && <Next one={one} reporting={reporting} onReport={() => setReporting(true)} />}
    </>
  )
}

function Arrived({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const f = useFormat()
  return one.arrived_at ? <span>{t('act.arrived', { time: f.dateTime(one.arrived_at).slice(5, -3) })}</span> : null
}

/** What the platform's own check says of the repair. */
function Check({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const recheck = one.state === 'handled' && one.recheck === '' ? 'asked' : one.recheck
  if (recheck === '') return null
  const values = { well: one.checked?.well ?? 0, of: one.checked?.of ?? 0 }
  return (
    <section className={css.check} data-recheck={recheck} role="status" aria-live="polite">
      {t(recheck === 'well' && one.state === 'assigned' ? 'check.wellAlready' : `check.${recheck}`, values)}
      {recheck === 'faulty' && one.checked && (
        <>
          <br />
          {t('check.still')}
          <ul>{one.checked.still.map((line) => <li key={line}>{line}</li>)}</ul>
        </>
      )}
    </section>
  )
}

export function Member({ member }: { member: OrderMember }) {
  const t = useText(firmText)
  const f = useFormat()
  const live = member.faults.filter((fault) => fault.state !== 'ended')
  const since = member.faults[0]?.at
  return (
    <article className={css.member} data-well={member.well}>
      <header>
        <div>
          <b>{member.name}</b>
          <div className={css.faint}>{[member.region.name, member.address].filter(Boolean).join(' · ')}</div>
        </div>
        <MapLink member={member} />
      </header>
      <p className={css.faults}>
        {member.well ? t('order.well') : live.map((fault) => fault.said).join(' · ')}
        {!member.well && since && <span className={css.faint}> {t('order.since', { time: f.dateTime(since).slice(5, -3) })}</span>}
      </p>
      <dl className={css.file}>
        {Object.entries(member.file).map(([name, value]) => <div key={name}><dt>{t(`file.${name}` as FirmKey)}</dt><dd>{value}</dd></div>)}
        {member.warranty_until && <div><dd>{t('order.warranty', { date: member.warranty_until })}</dd></div>}
      </dl>
    </article>
  )
}

/** Opens the telephone's own map at the camera. */
export function MapLink({ member }: { member: OrderMember }) {
  const t = useText(firmText)
  if (!member.point) return null
  const [lon, lat] = member.point
  return <a className={css.map} href={`geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(member.name)})`}>{t('order.map')}</a>
}

/** The one thing to do next, under the thumb. */
function Next({ one, reporting, onReport }: { one: OrderDetail; reporting: boolean; onReport: () => void }) {
  const t = useText(firmText)
  const act = useAct()
  const queries = useQueryClient()
  const [where, setWhere] = useState(false)
  const [lost, setLost] = useState(false)
  const keep = (next: OrderDetail) => queries.setQueryData(['my-orders', one.id], next)
  const take = () => void act.run(async () => keep(await takeOrder(one.id)))
  const arrive = () =>
    void act.run(async () => {
      const point = where ? await whereAmI() : null
      setLost(where && point === null)
      keep(await arriveAt(one.id, point))
    })
  if (one.arrived_at !== null || reporting) return lost ? <p className={css.note}>{t('act.arrive.noWhere')}</p> : null
  return (
    <div className={css.bottom}>
      <ProblemNote error={act.problem} />
      {one.taken_at === null ? (
        <button type="button" className={css.big} disabled={act.busy} onClick={take}>{t('act.take')}</button>
      ) : (
        <>
          <label className={css.tick}><input type="checkbox" checked={where} onChange={(event) => setWhere(event.target.checked)} />{t('act.arrive.where')}</label>
          <button type="button" className={css.big} disabled={act.busy} onClick={arrive}>{t('act.arrive')}</button>
          <button type="button" className={css.plain} onClick={onReport}>{t('act.report')}</button>
        </>
      )}
    </div>
  )
}

function History({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const f = useFormat()
  return (
    <section className={css.box}>
      <h2>{t('order.history')}</h2>
      <ol className={css.steps}>
        {[...one.history].reverse().map((line) => (
          <li key={`${line.at} ${line.action}`}>
            <b>{stepName(t, line.action)}</b>
            <span className={css.faint}>{f.dateTime(line.at).slice(5, -3)} · {[line.by_name || t('step.platform'), line.unit].filter(Boolean).join(' · ')}</span>
            {(line.words || line.said) && <p>{[line.words, line.said].filter(Boolean).join(' ')}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}
