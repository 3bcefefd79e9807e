import { Button, Input, Table } from 'antd'
import { useState } from 'react'
import { path } from '@/api/client'
import { useAudit } from '@/api/queries'
import type { AuditEntry } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { changesOf } from './changes'
import css from './SystemPage.module.css'
import { systemText } from './text'

interface Wanted {
  who: string
  action: string
  what: string
  from: string
  to: string
}

const NOTHING: Wanted = { who: '', action: '', what: '', from: '', to: '' }

/** A day as people write it is a day of theirs: it begins and ends at their midnight. */
const dayAt = (day: string, end: boolean): string | undefined => (day ? new Date(`${day}T${end ? '23:59:59.999' : '00:00:00'}`).toISOString() : undefined)

/** Who changed what, when, from where: searched by person, action, object and time; what changed, before and after. */
export function AuditSection() {
  const t = useText(systemText)
  const p = useText(partsText)
  const f = useFormat()
  const [wanted, setWanted] = useState<Wanted>(NOTHING)
  const [trail, setTrail] = useState<string[]>([])
  const asked = { who: wanted.who, action: wanted.action, what: wanted.what, from: dayAt(wanted.from, false), to: dayAt(wanted.to, true) }
  const audit = useAudit({ ...asked, after: trail.at(-1), limit: 100 })
  const next = audit.data?.next ?? null
  const change = (part: Partial<Wanted>) => {
    setWanted({ ...wanted, ...part })
    setTrail([])
  }
  return (
    <Panel flush>
      <div className={css.bar}>
        <Input.Search allowClear placeholder={t('audit.byWho')} aria-label={t('audit.byWho')} style={{ width: 170 }} onSearch={(value) => change({ who: value.trim() })} />
        <Input.Search allowClear placeholder={t('audit.filter')} aria-label={t('audit.filter')} style={{ width: 240 }} onSearch={(value) => change({ action: value.trim() })} />
        <Input.Search allowClear placeholder={t('audit.byWhat')} aria-label={t('audit.byWhat')} style={{ width: 190 }} onSearch={(value) => change({ what: value.trim() })} />
        <label>{t('register.since')}<input type="date" value={wanted.from} onChange={(event) => change({ from: event.target.value })} /></label>
        <label>{t('register.until')}<input type="date" value={wanted.to} onChange={(event) => change({ to: event.target.value })} /></label>
        <Button href={path('/audit/export', asked)} download>{t('audit.export')}</Button>
      </div>
      <ProblemNote error={audit.error} onRetry={() => void audit.refetch()} />
      <Table<AuditEntry>
        size="small"
        rowKey="id"
        dataSource={audit.data?.items ?? []}
        loading={audit.isPending && !audit.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('audit.none')}>{t('audit.teach')}</Teach> }}
        expandable={{
          expandedRowRender: (entry) => <Changes entry={entry} />,
          rowExpandable: (entry) => Object.keys(entry.detail).length > 0,
          columnWidth: 36,
        }}
        columns={[
          { title: t('audit.at'), key: 'at', width: 168, render: (_, entry) => f.dateTime(entry.at) },
          { title: t('audit.actor'), dataIndex: 'actor_name', width: 130, ellipsis: true },
          { title: t('audit.action'), dataIndex: 'action', width: 220, ellipsis: true },
          { title: t('audit.subject'), key: 'subject', width: 200, ellipsis: true, render: (_, entry) => entry.subject_name ?? entry.subject_id ?? entry.subject_kind },
          {
            title: t('audit.detail'),
            key: 'detail',
            ellipsis: true,
            render: (_, entry) => (
              <span className={css.detail}>
                {changesOf(entry.action, entry.detail).map((one) => (one.before === null ? `${one.field}: ${one.after}` : `${one.field}: ${one.before} → ${one.after}`)).join(p('list.separator'))}
              </span>
            ),
          },
          { title: t('audit.address'), dataIndex: 'address', width: 130 },
        ]}
      />
      {(trail.length > 0 || next !== null) && (
        <p className={css.bar}>
          <Button size="small" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{p('table.back')}</Button>
          <Button size="small" disabled={next === null} onClick={() => next !== null && setTrail([...trail, next])}>{p('table.more')}</Button>
        </p>
      )}
    </Panel>
  )
}

function Changes({ entry }: { entry: AuditEntry }) {
  const t = useText(systemText)
  const changes = changesOf(entry.action, entry.detail)
  const both = changes.some((one) => one.before !== null)
  return (
    <table className={css.changes}>
      <thead>
        <tr>
          <th>{t('audit.field')}</th>
          {both && <th>{t('audit.before')}</th>}
          <th>{both ? t('audit.after') : t('audit.value')}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((one) => (
          <tr key={one.field}>
            <th scope="row">{one.field}</th>
            {both && <td>{one.before ?? ''}</td>}
            <td>{one.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
