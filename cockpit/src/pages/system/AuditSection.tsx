import { Button, Input, Table } from 'antd'
import { useState } from 'react'
import { useAudit } from '@/api/queries'
import type { AuditEntry } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './SystemPage.module.css'
import { systemText } from './text'

export function AuditSection() {
  const t = useText(systemText)
  const p = useText(partsText)
  const f = useFormat()
  const [action, setAction] = useState('')
  const [trail, setTrail] = useState<string[]>([])
  const audit = useAudit({ action, after: trail.at(-1), limit: 100 })
  const next = audit.data?.next ?? null
  return (
    <Panel flush>
      <div className={css.bar}>
        <Input.Search allowClear placeholder={t('audit.filter')} aria-label={t('audit.filter')} style={{ width: 320 }} onSearch={(value) => { setAction(value.trim()); setTrail([]) }} />
      </div>
      <ProblemNote error={audit.error} />
      <Table<AuditEntry>
        size="small"
        rowKey="id"
        dataSource={audit.data?.items ?? []}
        loading={audit.isPending && !audit.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('audit.none')} /> }}
        columns={[
          { title: t('audit.at'), key: 'at', width: 168, render: (_, entry) => f.dateTime(entry.at) },
          { title: t('audit.actor'), dataIndex: 'actor_name', width: 150, ellipsis: true },
          { title: t('audit.action'), dataIndex: 'action', width: 220, ellipsis: true },
          { title: t('audit.subject'), key: 'subject', ellipsis: true, render: (_, entry) => entry.subject_name ?? entry.subject_id ?? entry.subject_kind },
          { title: t('audit.detail'), key: 'detail', ellipsis: true, render: (_, entry) => <span className={css.detail}>{Object.keys(entry.detail).length > 0 ? JSON.stringify(entry.detail) : ''}</span> },
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
