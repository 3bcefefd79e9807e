import { Table } from 'antd'
import { useMemo, useState } from 'react'
import { useRecords } from '@/api/control'
import type { RecordItem } from '@/api/types'
import { dayEdge, startOfDay } from '@/parts/day'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { deviceText, type DeviceKey } from './text'
import { stretches } from './timeline'

/** Recordings the device keeps of one day, as a line of time and as a list. Asked of the device when a day is chosen. */
export function Recordings({ id }: { id: string }) {
  const t = useText(deviceText)
  const f = useFormat()
  const [today] = useState(() => startOfDay(new Date()).slice(0, 10))
  const [day, setDay] = useState('')
  const from = dayEdge(day, false)
  const records = useRecords(id, from, dayEdge(day, true))
  const items = records.data?.items
  const bars = useMemo(() => (items && from ? stretches(items, from) : []), [items, from])
  const kind = (code: string | null) => {
    const key = `records.kind.${code ?? ''}`
    return key in deviceText.zh ? t(key as DeviceKey) : code
  }

  return (
    <section>
      <header className={css.sub}>
        <h3>{t('records.title')}</h3>
        <input type="date" aria-label={t('records.day')} max={today} value={day} onChange={(event) => setDay(event.target.value)} />
      </header>
      <ProblemNote error={records.error} onRetry={() => void records.refetch()} />
      {day === '' && <p className={css.hint}>{t('records.teach')}</p>}
      {items && (
        <>
          {records.data?.complete === false && <p className={css.hint}>{t('records.incomplete')}</p>}
          <div className={css.timeline} role="img" aria-label={t('records.timeline', { day })}>
            {bars.map(({ from: left, to }) => <i key={left} style={{ left: `${left * 100}%`, width: `${(to - left) * 100}%` }} />)}
          </div>
          <p className={css.hours} aria-hidden>{[0, 6, 12, 18, 24].map((hour) => <span key={hour}>{`${hour}:00`}</span>)}</p>
        </>
      )}
      {day !== '' && (
        <Table<RecordItem>
          size="small"
          rowKey={(one) => `${one.start}-${one.end}-${one.name ?? ''}`}
          dataSource={items ?? []}
          loading={records.isFetching && !items}
          pagination={false}
          scroll={{ y: 260 }}
          locale={{ emptyText: items ? <Teach title={t('records.none')} /> : <p style={{ padding: 16 }} /> }}
          columns={[
            { title: t('records.start'), key: 'start', render: (_, one) => f.time(one.start, true) },
            { title: t('records.end'), key: 'end', render: (_, one) => f.time(one.end, true) },
            { title: t('records.kind'), key: 'kind', render: (_, one) => kind(one.kind) },
            { title: t('records.size'), key: 'size', align: 'right', render: (_, one) => f.bytes(one.bytes) },
          ]}
        />
      )}
    </section>
  )
}
