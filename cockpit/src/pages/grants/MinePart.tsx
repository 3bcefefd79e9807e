import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { call } from '@/api/client'
import { useMyEmergencies, useMyGrants, useMyRequests, type Grant, type GrantRequest } from '@/api/grants'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { grantColumns, requestColumns } from './columns'
import { EmergencyTable } from './EmergencyTable'
import css from './grants.module.css'
import { grantsText } from './text'
import { usePurposeName } from './usePurposeName'
import { useTagWord } from './useTagWord'

/** What one may see, what one has asked for, and where one has looked without a grant. */
export function MinePart() {
  const t = useText(grantsText)
  const f = useFormat()
  const tag = useTagWord()
  const purposeName = usePurposeName()
  const can = useCan()
  const { message } = App.useApp()
  const trail = useTrail()
  const grants = useMyGrants()
  const requests = useMyRequests(trail.after)
  const emergencies = useMyEmergencies(can('pictures.view'))
  const act = useAct()
  const [busy, setBusy] = useState<string | null>(null)

  const withdraw = async (id: string) => {
    setBusy(id)
    if (await act.run(() => call('POST', `/grant-requests/${id}/withdraw`), ['grant-requests'])) void message.success(t('mine.withdrawn'))
    setBusy(null)
  }
  return (
    <div className={css.stack}>
      <Panel flush>
        <ProblemNote error={grants.error} onRetry={() => void grants.refetch()} />
        <Table<Grant>
          size="small" rowKey="id" pagination={false} scroll={{ x: 1300 }} loading={grants.isPending}
          columns={grantColumns(t, f, tag, purposeName)} dataSource={grants.data?.items ?? []}
          locale={{ emptyText: <Teach title={t('mine.none')} action={<Link to="/video/grants/ask"><Button type="primary">{t('tab.ask')}</Button></Link>}>{t('mine.teach')}</Teach> }}
        />
      </Panel>
      <Panel flush title={t('mine.requests')}>
        <ProblemNote error={act.problem ?? requests.error} />
        <Table<GrantRequest>
          size="small" rowKey="id" pagination={false} scroll={{ x: 1300 }} loading={requests.isPending}
          columns={[
            ...requestColumns(t, f, tag, purposeName).filter((column) => column.key !== 'person'),
            { key: 'do', width: 90, render: (_, row) => row.state === 'asked' && <Button size="small" loading={busy === row.id} onClick={() => void withdraw(row.id)}>{t('mine.withdraw')}</Button> },
          ]}
          dataSource={requests.data?.items ?? []}
          locale={{ emptyText: t('mine.noRequests') }}
        />
        <Pager trail={trail} next={requests.data?.next} />
      </Panel>
      {(emergencies.data?.items.length ?? 0) > 0 && (
        <Panel flush title={t('mine.emergencies')}>
          <EmergencyTable items={emergencies.data?.items ?? []} loading={emergencies.isPending} />
        </Panel>
      )}
    </div>
  )
}
