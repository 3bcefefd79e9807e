import { Button } from 'antd'
import { useState, type ReactNode } from 'react'
import { useDeviceStatus } from '@/api/control'
import { useCan } from '@/app/auth'
import { ClockDifference } from '@/pages/gather/ClockDifference'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { Recordings } from './Recordings'
import { Snapshots } from './Snapshots'
import { deviceText } from './text'

/** What the device itself says: its state and clock, what it has recorded, and a picture on demand. */
export function DevicePanel({ id }: { id: string }) {
  const can = useCan()
  return (
    <div className={css.stack}>
      <Status id={id} />
      {can('pictures.view') && <Snapshots id={id} />}
      {can('pictures.view') && <Recordings id={id} />}
    </div>
  )
}

function Status({ id }: { id: string }) {
  const t = useText(deviceText)
  const f = useFormat()
  const [asked, setAsked] = useState(false)
  const status = useDeviceStatus(id, asked)
  const said = status.data
  const yes = (value: boolean | null) => (value === null ? f.number(null) : t(value ? 'status.yes' : 'status.no'))
  const rows: [string, ReactNode][] = said
    ? [
        [t('status.online'), yes(said.online)],
        [t('status.status'), said.status ?? f.number(null)],
        [t('status.encode'), said.encode ?? f.number(null)],
        [t('status.record'), said.record ?? f.number(null)],
        [t('status.time'), f.dateTime(said.device_time)],
        [t('status.clock'), <ClockDifference key="clock" seconds={said.clock_difference} />],
        [t('status.asked'), f.dateTime(said.asked_at)],
      ]
    : []
  return (
    <section>
      <header className={css.sub}>
        <h3>{t('status.title')}</h3>
        <Button size="small" loading={status.isFetching} onClick={() => (asked ? void status.refetch() : setAsked(true))}>{said ? t('status.again') : t('status.ask')}</Button>
      </header>
      <ProblemNote error={status.error} />
      {!said && !status.error && <p className={css.hint}>{t('status.teach')}</p>}
      <dl className={css.facts}>
        {rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </section>
  )
}
