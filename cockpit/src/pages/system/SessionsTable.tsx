import { useQueryClient } from '@tanstack/react-query'
import { Button, Table } from 'antd'
import { useState } from 'react'
import { type SessionItem, useSessions } from '@/api/access'
import { call } from '@/api/client'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { browserOf } from './changes'
import css from './SystemPage.module.css'
import { systemText } from './text'

/** Where somebody is signed in; oneself without `person`. Ending one stops its pictures and connections at once. */
export function SessionsTable({ person }: { person?: string }) {
  const t = useText(systemText)
  const f = useFormat()
  const queries = useQueryClient()
  const sessions = useSessions(person)
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState<string | null>(null)
  const base = person ? `/people/${person}/sessions` : '/sessions'
  const items = sessions.data?.items ?? []
  const others = items.filter((one) => !one.current)

  const end = async (which: string | null) => {
    setBusy(which ?? 'all')
    setProblem(null)
    try {
      await call('DELETE', which === null ? base : `${base}/${which}`)
      await queries.invalidateQueries({ queryKey: ['sessions'] })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(null)
    }
  }
  return (
    <div>
      <ProblemNote error={problem ?? sessions.error} />
      <Table<SessionItem>
        size="small"
        rowKey="id"
        dataSource={items}
        loading={sessions.isPending && !sessions.error}
        pagination={false}
        scroll={{ x: 640 }}
        locale={{ emptyText: <Teach title={t('sessions.none')} /> }}
        columns={[
          { title: t('sessions.device'), key: 'agent', ellipsis: true, render: (_, one) => <span title={one.agent ?? ''}>{browserOf(one.agent)}{one.current ? ` (${t('sessions.here')})` : ''}</span> },
          { title: t('audit.address'), dataIndex: 'address', width: 130 },
          { title: t('sessions.by'), key: 'by', width: 130, render: (_, one) => [one.provider ?? t('sessions.password'), one.factor ? t('sessions.factor') : ''].filter(Boolean).join(' + ') },
          { title: t('sessions.since'), key: 'since', width: 168, render: (_, one) => f.dateTime(one.created_at) },
          { title: t('sessions.seen'), key: 'seen', width: 110, render: (_, one) => f.ago(one.seen_at) },
          { title: '', key: 'end', width: 84, render: (_, one) => !one.current && <Button size="small" danger loading={busy === one.id} onClick={() => void end(one.id)}>{t('sessions.end')}</Button> },
        ]}
      />
      {others.length > 1 && (
        <p className={css.bar}>
          <Button size="small" danger loading={busy === 'all'} onClick={() => void end(null)}>{t(person ? 'sessions.endAll' : 'sessions.endOthers')}</Button>
        </p>
      )}
    </div>
  )
}
