import { useMemo } from 'react'
import { Link } from 'react-router'
import { useCaseSummary } from '@/api/cases'
import { useRetrievals, useSystem } from '@/api/queries'
import { useCan } from '@/app/auth'
import { startOfDay } from '@/parts/day'
import { HealthMark } from '@/parts/HealthMark'
import { HowKnown } from '@/parts/HowKnown'
import { isTrouble } from '@/parts/processes'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './Footline.module.css'
import { cockpitText } from './text'

const MOST_COUNTED = 500

/** The bottom line: retrievals today and the platform's own health. */
export function Footline() {
  const can = useCan()
  return (
    <footer className={css.foot}>
      {can('cases.read') && <Cases />}
      {can('pictures.register') && <Retrievals />}
      {can('system.read') && <Processes />}
    </footer>
  )
}

/** What somebody still has to do something about; the live topic keeps it fresh where the list is open, a minute elsewhere. */
function Cases() {
  const t = useText(cockpitText)
  const f = useFormat()
  const summary = useCaseSummary()
  const found = summary.data
  if (!found) return null
  return (
    <p className={css.item}>
      <span>{t('foot.cases')}</span>
      <strong>{f.number(found.open + found.assigned + found.handled)}{found.whole ? '' : '+'}</strong>
      <HowKnown name={t('foot.cases')} basis={{ definition: t('foot.casesDefinition') }} />
      <Link to="/cases">{t('foot.casesStates', { open: f.number(found.open), assigned: f.number(found.assigned), handled: f.number(found.handled), overdue: f.number(found.overdue) })}</Link>
    </p>
  )
}

function Retrievals() {
  const t = useText(cockpitText)
  const f = useFormat()
  const from = startOfDay(new Date())
  const query = useMemo(() => ({ from, holder_kind: 'person', limit: MOST_COUNTED }), [from])
  const register = useRetrievals(query)
  const count = register.data?.items.length
  return (
    <p className={css.item}>
      <span>{t('foot.retrievals')}</span>
      <strong>{count !== undefined && register.data?.next ? t('foot.retrievalsMore', { n: f.number(count) }) : f.number(count)}</strong>
      <HowKnown name={t('foot.retrievals')} basis={{ definition: t('foot.retrievalsDefinition'), since: from }} />
      <Link to="/system/retrievals">{t('foot.register')}</Link>
    </p>
  )
}

function Processes() {
  const t = useText(cockpitText)
  const f = useFormat()
  const system = useSystem()
  const processes = system.data?.processes
  if (!processes) return null
  const bad = processes.filter((process) => isTrouble(process.state)).length
  return (
    <p className={css.item}>
      <span>{t('foot.processes')}</span>
      <HealthMark health={bad > 0 ? 'offline' : 'works'} />
      <Link to="/system">
        {bad > 0 ? t('foot.processesBad', { bad: f.number(bad), n: f.number(processes.length) }) : t('foot.processesOk', { n: f.number(processes.length) })}
      </Link>
    </p>
  )
}
