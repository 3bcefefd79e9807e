import { Button, Select, Table } from 'antd'
import { useState } from 'react'
import { useRecognised } from '@/api/cases'
import type { Recognised } from '@/api/types'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { eventsText, type EventsKey } from './text'

const KINDS = ['motor_vehicle', 'non_motor_vehicle', 'person', 'face'] as const

/** What a smart camera recognised itself, read only and without pictures. Nothing is asked for before a person wants it. */
export function RecognisedPanel({ id }: { id: string }) {
  const t = useText(eventsText)
  const f = useFormat()
  const trail = useTrail()
  const [wanted, setWanted] = useState(false)
  const [kind, setKind] = useState('')
  const found = useRecognised(id, { kind, after: trail.after, limit: 50 }, wanted)
  if (!wanted) return <Teach title={t('tab.recognised')} action={<Button type="primary" onClick={() => setWanted(true)}>{t('recognised.show')}</Button>}>{t('recognised.why')}</Teach>
  const name = (code: string) => (`kind.${code}` in eventsText.zh ? t(`kind.${code}` as EventsKey) : code)
  return (
    <>
      <Select
        aria-label={t('recognised.kind')} value={kind} style={{ width: 150, marginBottom: 8 }}
        options={[{ value: '', label: t('recognised.all') }, ...KINDS.map((value) => ({ value, label: name(value) }))]}
        onChange={(next: string) => { setKind(next); trail.restart() }}
      />
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<Recognised>
        size="small"
        rowKey="id"
        dataSource={found.data?.items ?? []}
        loading={found.isPending && !found.error}
        pagination={false}
        scroll={{ x: 520 }}
        locale={{ emptyText: <Teach title={t('recognised.none')}>{t('recognised.teach')}</Teach> }}
        columns={[
          { title: t('recognised.seen'), key: 'seen', width: 160, render: (_, one) => f.dateTime(one.seen_at) },
          { title: t('recognised.kind'), key: 'kind', width: 100, render: (_, one) => name(one.kind) },
          { title: t('recognised.class'), key: 'class', width: 110, render: (_, one) => one.class },
          { title: t('recognised.record'), key: 'record', render: (_, one) => <p className={css.hint}>{said(one.record)}</p> },
        ]}
      />
      <Pager trail={trail} next={found.data?.next} />
    </>
  )
}

/** Attributes as the device named them, in one line. */
const said = (record: Record<string, unknown>): string =>
  Object.entries(record)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(' · ')
