import { Table } from 'antd'
import { Link } from 'react-router'
import { useCameraAlarms, useCases } from '@/api/cases'
import type { DeviceAlarm } from '@/api/types'
import { useCan } from '@/app/auth'
import { SeverityMark } from '@/pages/cases/SeverityMark'
import { StateTag } from '@/pages/cases/StateTag'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { eventsText, type EventsKey } from './text'
import { Track } from './Track'

/** What this camera alarmed about, what became of it, and where it was if it moves. */
export function EventsPanel({ id, device }: { id: string; device: boolean }) {
  const can = useCan()
  return (
    <>
      {can('cases.read') && <Cases id={id} />}
      {device && <Alarms id={id} />}
      {device && <Track id={id} />}
    </>
  )
}

function Cases({ id }: { id: string }) {
  const t = useText(eventsText)
  const f = useFormat()
  const can = useCan()
  const cases = useCases({ camera: id, live: true, limit: 10 })
  return (
    <section>
      <header className={css.sub}>
        <h3>{t('cases.title')}</h3>
        <Link to={`/cases/incidents?camera=${id}`}>{t('cases.incidents')}</Link>
        {can('cases.write') && <Link to={`/cases?file=${id}`}>{t('cases.file')}</Link>}
      </header>
      <ProblemNote error={cases.error} />
      {cases.data?.items.length === 0 && <p className={css.hint}>{t('cases.none')}</p>}
      <ul>
        {(cases.data?.items ?? []).map((one) => (
          <li key={one.id} style={{ display: 'flex', flexWrap: 'wrap', gap: 10, padding: '4px 0' }}>
            <SeverityMark severity={one.severity} /> <Link to={`/cases/${one.id}`}>#{one.number} {one.title}</Link> <StateTag state={one.state} /> <span>{f.dateTime(one.opened_at)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Alarms({ id }: { id: string }) {
  const t = useText(eventsText)
  const f = useFormat()
  const trail = useTrail()
  const alarms = useCameraAlarms(id, trail.after)
  const what = (one: DeviceAlarm) => {
    const key = `method.${one.method ?? 7}`
    const method = key in eventsText.zh ? t(key as EventsKey) : t('method.7')
    return one.type ? `${method} · ${t('method.type', { n: one.type })}` : method
  }
  return (
    <section>
      <header className={css.sub}><h3>{t('alarms.title')}</h3></header>
      <ProblemNote error={alarms.error} />
      <Table<DeviceAlarm>
        size="small"
        rowKey="id"
        dataSource={alarms.data?.items ?? []}
        loading={alarms.isPending && !alarms.error}
        pagination={false}
        scroll={{ x: 420 }}
        locale={{ emptyText: t('alarms.none') }}
        columns={[
          { title: t('alarms.at'), key: 'at', width: 160, render: (_, one) => f.dateTime(one.at) },
          { title: t('alarms.what'), key: 'what', render: (_, one) => <>{what(one)}{one.description && <p className={css.hint}>{one.description}</p>}</> },
          { title: t('alarms.priority'), key: 'priority', width: 80, align: 'right', render: (_, one) => f.number(one.priority) },
        ]}
      />
      <Pager trail={trail} next={alarms.data?.next} />
    </section>
  )
}
