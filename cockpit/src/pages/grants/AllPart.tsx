import { App, Button, Drawer, Input, Segmented, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useGrant, useGrants, type Grant } from '@/api/grants'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { RetrievalTable } from '@/parts/register/RetrievalTable'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { grantColumns } from './columns'
import { GiveGrant } from './GiveGrant'
import css from './grants.module.css'
import { grantsText } from './text'
import { usePurposeName } from './usePurposeName'
import { useTagWord } from './useTagWord'
import { holderWords } from './words'

const STATES = ['running', 'ended', 'all'] as const

/** Every grant that touches one's regions; a grant is taken back here, and what that cuts is named before. */
export function AllPart() {
  const t = useText(grantsText)
  const f = useFormat()
  const tag = useTagWord()
  const purposeName = usePurposeName()
  const can = useCan()
  const [state, setState] = useState<(typeof STATES)[number]>('running')
  const [q, setQ] = useState('')
  const trail = useTrail()
  const grants = useGrants({ state, q, after: trail.after, limit: 50 })
  const [open, setOpen] = useState<string | null>(null)
  const [giving, setGiving] = useState(false)
  return (
    <Panel flush>
      <div className={css.bar} role="search">
        <Input.Search allowClear style={{ width: 260 }} aria-label={t('all.search')} placeholder={t('all.search')} onSearch={(value) => { setQ(value.trim()); trail.restart() }} />
        <Segmented
          aria-label={t('desk.states')} value={state} onChange={(next) => { setState(next); trail.restart() }}
          options={STATES.map((value) => ({ value, label: t(value === 'all' ? 'all.every' : value === 'ended' ? 'all.ended' : 'all.running') }))}
        />
        {can('grants.write') && <Button type="primary" onClick={() => setGiving(true)}>{t('all.give')}</Button>}
      </div>
      <ProblemNote error={grants.error} onRetry={() => void grants.refetch()} />
      <Table<Grant>
        size="small" rowKey="id" pagination={false} scroll={{ x: 1450 }} loading={grants.isPending}
        columns={[
          ...grantColumns(t, f, tag, purposeName),
          { key: 'do', width: 90, fixed: 'right', render: (_, row) => <Button size="small" onClick={() => setOpen(row.id)}>{t('all.open')}</Button> },
        ]}
        dataSource={grants.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('all.none')} /> }}
      />
      <Pager trail={trail} next={grants.data?.next} />
      {open && <GrantDrawer id={open} onClose={() => setOpen(null)} />}
      {giving && <GiveGrant onClose={() => setGiving(false)} />}
    </Panel>
  )
}

function GrantDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText(grantsText)
  const f = useFormat()
  const can = useCan()
  const { message } = App.useApp()
  const grant = useGrant(id)
  const act = useAct()
  const [reason, setReason] = useState('')
  const one = grant.data?.data

  const revoke = async () => {
    let cut = 0
    const went = await act.run(async () => {
      const { data } = await call<{ permits_cut: number }>('POST', `/grants/${id}/revoke`, { body: { reason: reason.trim() }, ifMatch: grant.data?.etag ?? undefined })
      cut = data.permits_cut
    }, ['grants', 'retrievals'])
    if (!went) return
    void message.success(t('revoke.done', { n: cut }))
    onClose()
  }
  return (
    <Drawer open size={720} title={one ? holderWords(t, one) : ''} onClose={onClose} loading={grant.isPending}>
      <ProblemNote error={grant.error} />
      {one && (
        <div className={css.stack}>
          <p className={css.counted}>{t('detail.counted', { n: f.number(one.counted), names: one.names.join('、') })}</p>
          {one.revoked_at && <p className={css.warn}>{f.dateTime(one.revoked_at)} {one.revoked_by_name}：{one.revoked_reason}</p>}
          {can('grants.write') && (one.state === 'running' || one.state === 'coming') && (
            <section aria-label={t('revoke.button')}>
              <h3>{t('revoke.title', { name: holderWords(t, one) })}</h3>
              <p className={one.running_permits > 0 ? css.warn : css.faint}>{one.running_permits > 0 ? t('revoke.cut', { n: one.running_permits }) : t('revoke.cutNone')}</p>
              <p className={css.faint}>{t('revoke.lost')}{one.built_in && t('revoke.builtIn')}</p>
              <Input.TextArea rows={2} maxLength={500} aria-label={t('revoke.reason')} placeholder={t('revoke.reason')} value={reason} onChange={(event) => setReason(event.target.value)} />
              <ProblemNote error={act.problem} />
              <p className={css.bar}><Button danger type="primary" loading={act.busy} disabled={reason.trim().length < 4} onClick={() => void revoke()}>{t('revoke.button')}</Button></p>
            </section>
          )}
          {can('pictures.register') && <RetrievalTable query={{ grant: id }} compact />}
        </div>
      )}
    </Drawer>
  )
}
