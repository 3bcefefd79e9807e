import { Alert, App, Button, Input, Modal, Radio, Segmented, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useEmergencies, useRequests, useWaiting, type Emergency, type GrantRequest } from '@/api/grants'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { requestColumns } from './columns'
import { DecideRequest } from './DecideRequest'
import { EmergencyTable } from './EmergencyTable'
import css from './grants.module.css'
import { grantsText } from './text'
import { usePurposeName } from './usePurposeName'
import { useTagWord } from './useTagWord'

const STATES = ['asked', 'approved', 'refused', 'withdrawn'] as const

/** The approver's desk: requests to decide, emergency accesses to review. */
export function DeskPart() {
  const t = useText(grantsText)
  const waiting = useWaiting(true).data
  return (
    <div className={css.stack}>
      {(waiting?.overdue ?? 0) > 0 && <Alert type="error" showIcon title={t('desk.overdue', { n: waiting?.overdue ?? 0 })} />}
      <Requests />
      <Emergencies waiting={waiting?.emergencies ?? 0} />
    </div>
  )
}

function Requests() {
  const t = useText(grantsText)
  const f = useFormat()
  const tag = useTagWord()
  const purposeName = usePurposeName()
  const [state, setState] = useState<(typeof STATES)[number]>('asked')
  const trail = useTrail()
  const requests = useRequests({ state, after: trail.after, limit: 50 })
  const [open, setOpen] = useState<GrantRequest | null>(null)
  return (
    <Panel
      flush title={t('desk.requests')}
      actions={<Segmented aria-label={t('desk.states')} value={state} options={STATES.map((value) => ({ value, label: t(`request.${value}`) }))} onChange={(next) => { setState(next); trail.restart() }} />}
    >
      <ProblemNote error={requests.error} onRetry={() => void requests.refetch()} />
      <Table<GrantRequest>
        size="small" rowKey="id" pagination={false} scroll={{ x: 1400 }} loading={requests.isPending}
        columns={[
          ...requestColumns(t, f, tag, purposeName),
          { key: 'do', width: 120, fixed: 'right', render: (_, row) => <Button size="small" type={row.state === 'asked' ? 'primary' : 'default'} onClick={() => setOpen(row)}>{t('desk.open')}</Button> },
        ]}
        dataSource={requests.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('desk.none')}>{t('desk.noneTeach')}</Teach> }}
      />
      <Pager trail={trail} next={requests.data?.next} />
      {open && <DecideRequest request={open} onClose={() => setOpen(null)} />}
    </Panel>
  )
}

function Emergencies({ waiting }: { waiting: number }) {
  const t = useText(grantsText)
  const can = useCan()
  const trail = useTrail()
  const emergencies = useEmergencies({ after: trail.after, limit: 50 })
  const [open, setOpen] = useState<Emergency | null>(null)
  return (
    <Panel flush title={t('desk.emergencies')} note={waiting > 0 ? t('desk.waiting', { n: waiting }) : undefined}>
      <ProblemNote error={emergencies.error} onRetry={() => void emergencies.refetch()} />
      <EmergencyTable items={emergencies.data?.items ?? []} loading={emergencies.isPending} {...(can('grants.write') ? { onReview: setOpen } : {})} />
      <Pager trail={trail} next={emergencies.data?.next} />
      {open && <Review one={open} onClose={() => setOpen(null)} />}
    </Panel>
  )
}

function Review({ one, onClose }: { one: Emergency; onClose: () => void }) {
  const t = useText(grantsText)
  const { message } = App.useApp()
  const act = useAct()
  const [state, setState] = useState<'justified' | 'unjustified'>('justified')
  const [words, setWords] = useState('')
  const save = async () => {
    const went = await act.run(async () => {
      const { etag } = await call<Emergency>('GET', `/emergencies/${one.id}`)
      await call('POST', `/emergencies/${one.id}/review`, { body: { state, words: words.trim() }, ifMatch: etag ?? undefined })
    }, ['emergencies', 'grant-requests'])
    if (!went) return
    void message.success(t('desk.reviewed'))
    onClose()
  }
  return (
    <Modal open title={t('desk.reviewTitle', { name: one.person_name })} okText={t('desk.review')} cancelText={t('cancel')} confirmLoading={act.busy} okButtonProps={{ disabled: words.trim().length < 4 }} onOk={() => void save()} onCancel={onClose}>
      <div className={css.stack}>
        <p>{one.camera_names.join('、')}：{one.reason}</p>
        <Radio.Group value={state} onChange={(event) => setState(event.target.value as 'justified' | 'unjustified')} options={(['justified', 'unjustified'] as const).map((value) => ({ value, label: t(`review.${value}`) }))} />
        <Input.TextArea rows={3} maxLength={500} aria-label={t('desk.words')} placeholder={t('desk.words')} value={words} onChange={(event) => setWords(event.target.value)} />
        <ProblemNote error={act.problem} />
      </div>
    </Modal>
  )
}
