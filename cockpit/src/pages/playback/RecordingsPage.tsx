import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Popconfirm, Switch, Table } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { Problem } from '@/api/problem'
import { readPlan, usePlanCost, usePlans, useRecordedCameras, useStores, type RecordedCamera, type RecordingPlan, type RecordingStore } from '@/api/recordings'
import { useCan } from '@/app/auth'
import { VideoNav } from '@/pages/wall/VideoNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { hoursOf } from './hours'
import { CostLine, PlanEditor } from './PlanEditor'
import css from './playback.module.css'
import { playbackText } from './text'

/** What is recorded when, how long it is kept, what it takes, and what happens when a disk fills. */
export default function RecordingsPage() {
  const t = useText(playbackText)
  const can = useCan()
  const [edited, setEdited] = useState<{ plan: RecordingPlan | null; etag: string | null } | null>(null)
  return (
    <div className={css.page}>
      <PageHead title={t('plans.title')} note={t('plans.note')}>
        {can('recordings.write') && <Button type="primary" onClick={() => setEdited({ plan: null, etag: null })}>{t('plan.add')}</Button>}
      </PageHead>
      <VideoNav />
      <Plans onAdd={() => setEdited({ plan: null, etag: null })} onEdit={(plan, etag) => setEdited({ plan, etag })} />
      <Stores />
      {edited && <PlanEditor key={edited.plan?.id ?? 'new'} plan={edited.plan} etag={edited.etag} onClose={() => setEdited(null)} />}
    </div>
  )
}

function Plans({ onAdd, onEdit }: { onAdd: () => void; onEdit: (plan: RecordingPlan, etag: string | null) => void }) {
  const t = useText(playbackText)
  const f = useFormat()
  const can = useCan()
  const plans = usePlans()
  const queries = useQueryClient()
  const { message } = App.useApp()
  const failed = (error: unknown) => void message.error(error instanceof Problem ? (error.document.detail ?? error.document.title ?? error.message) : String(error))
  const again = () => queries.invalidateQueries({ queryKey: ['recording-plans'] })

  const edit = (id: string) => {
    readPlan(id).then(({ data, etag }) => onEdit(data, etag), failed)
  }
  const turn = async (id: string, enabled: boolean) => {
    try {
      const { etag } = await readPlan(id)
      await call('PATCH', `/recordings/plans/${id}`, { body: { enabled }, ifMatch: etag ?? undefined })
      await again()
    } catch (error) {
      failed(error)
    }
  }
  const drop = async (plan: RecordingPlan) => {
    try {
      const { etag } = await readPlan(plan.id)
      await call('DELETE', `/recordings/plans/${plan.id}`, { ifMatch: etag ?? undefined })
      await again()
      const { name, cameras, hours, retention_days, quota_bytes, priority, enabled } = plan
      const key = `plan-${plan.id}`
      void message.open({
        key, duration: 10, type: 'success',
        content: <>{t('plan.dropped', { name })} <Button size="small" type="link" onClick={() => {
          message.destroy(key)
          call('POST', '/recordings/plans', { body: { name, cameras, hours, retention_days, quota_bytes, priority, enabled } }).then(again, failed)
        }}>{t('plan.undo')}</Button></>,
      })
    } catch (error) {
      failed(error)
    }
  }
  const writes = can('recordings.write')
  return (
    <Panel flush>
      <ProblemNote error={plans.error} onRetry={() => void plans.refetch()} />
      <Table<RecordingPlan>
        size="small" rowKey="id" pagination={false} loading={plans.isPending} dataSource={plans.data?.items ?? []} scroll={{ x: 1060 }}
        locale={{ emptyText: plans.data ? <Teach title={t('plans.empty')} action={writes && <Button type="primary" onClick={onAdd}>{t('plan.add')}</Button>}>{t('plans.emptyText')}</Teach> : <p className={css.hint} /> }}
        expandable={{ expandedRowRender: (plan) => <Detail plan={plan} />, columnWidth: 36 }}
        columns={[
          { title: t('plan.name'), key: 'name', render: (_, plan) => <>{plan.name}<span className={css.sub}>{plan.by_name} · {f.dateTime(plan.updated_at)}</span></> },
          { title: t('plan.now'), key: 'now', width: 220, render: (_, plan) => <Now plan={plan} /> },
          { title: t('plan.hours'), key: 'hours', width: 110, render: (_, plan) => t('plan.weekly', { n: f.number(hoursOf(plan.hours)) }) },
          { title: t('plan.retention'), key: 'retention', width: 100, align: 'right', render: (_, plan) => t('plan.daysOf', { n: f.number(plan.retention_days) }) },
          { title: t('plan.priority'), key: 'priority', width: 80, align: 'right', render: (_, plan) => plan.priority },
          { title: t('plan.used'), key: 'used', width: 150, align: 'right', render: (_, plan) => <>{f.bytes(plan.used_bytes)}{plan.quota_bytes !== null && <span className={css.sub}>{t('plan.of', { size: f.bytes(plan.quota_bytes) })}</span>}</> },
          { title: t('plan.enabled'), key: 'enabled', width: 80, render: (_, plan) => <Switch size="small" aria-label={t('plan.enabled')} checked={plan.enabled} disabled={!writes} onChange={(on) => void turn(plan.id, on)} /> },
          {
            title: '', key: 'acts', width: 200,
            render: (_, plan) => writes && (
              <span className={css.acts}>
                <Button size="small" onClick={() => edit(plan.id)}>{t('plan.edit')}</Button>
                <Popconfirm title={t('plan.dropAsk', { name: plan.name })} description={t('plan.dropKept', { n: plan.retention_days })} okText={t('plan.drop')} onConfirm={() => void drop(plan)}>
                  <Button size="small" type="text" danger>{t('plan.drop')}</Button>
                </Popconfirm>
              </span>
            ),
          },
        ]}
      />
    </Panel>
  )
}

function Now({ plan }: { plan: RecordingPlan }) {
  const t = useText(playbackText)
  const f = useFormat()
  const states = (['recording', 'waiting', 'stopped'] as const).filter((state) => plan.states[state])
  if (!plan.enabled) return <span className={css.hint}>{t('plan.off')}</span>
  if (states.length === 0) return <span className={css.hint}>{t('plan.idle')}</span>
  return <>{states.map((state) => <span key={state} className={css.mark2} data-state={state}>{t(`state.${state}`)} {f.number(plan.states[state])}</span>)}</>
}

function Detail({ plan }: { plan: RecordingPlan }) {
  const t = useText(playbackText)
  const f = useFormat()
  const cost = usePlanCost(plan.id)
  const trail = useTrail()
  const cameras = useRecordedCameras(plan.id, trail.after)
  return (
    <div className={css.detail}>
      {cost.data && <CostLine cost={cost.data} days={plan.retention_days} />}
      <ProblemNote error={cost.error ?? cameras.error} />
      <Table<RecordedCamera>
        size="small" rowKey="camera_id" pagination={false} dataSource={cameras.data?.items ?? []} locale={{ emptyText: t('plan.idle') }}
        columns={[
          { title: t('camera.name'), key: 'name', render: (_, one) => <a href={`/video/playback?camera=${one.camera_id}`}>{one.name}</a> },
          { title: t('camera.state'), key: 'state', width: 120, render: (_, one) => <span className={css.mark2} data-state={one.state}>{t(`state.${one.state}`)}</span> },
          { title: t('camera.why'), key: 'why', render: (_, one) => one.words ?? '' },
          { title: t('camera.since'), key: 'since', width: 170, render: (_, one) => f.dateTime(one.since) },
          { title: t('camera.node'), key: 'node', width: 100, render: (_, one) => one.node },
        ]}
      />
      <Pager trail={trail} next={cameras.data?.next} />
    </div>
  )
}

function Stores() {
  const t = useText(playbackText)
  const f = useFormat()
  const stores = useStores()
  return (
    <Panel title={t('stores.title')} note={t('stores.note')} flush>
      <ProblemNote error={stores.error} onRetry={() => void stores.refetch()} />
      <Table<RecordingStore>
        size="small" rowKey="node" pagination={false} loading={stores.isPending} dataSource={stores.data?.items ?? []} locale={{ emptyText: t('stores.none') }} scroll={{ x: 800 }}
        columns={[
          { title: t('camera.node'), key: 'node', width: 110, render: (_, one) => one.node },
          { title: t('stores.path'), key: 'path', ellipsis: true, render: (_, one) => <code>{one.path}</code> },
          { title: t('stores.used'), key: 'used', width: 110, align: 'right', render: (_, one) => f.bytes(one.used_bytes) },
          { title: t('stores.free'), key: 'free', width: 180, align: 'right', render: (_, one) => t('stores.of', { free: f.bytes(one.free_bytes), total: f.bytes(one.total_bytes) }) },
          { title: t('stores.state'), key: 'state', render: (_, one) => <><span className={css.mark2} data-state={one.state}>{t(`stores.is.${one.state}`)}</span>{one.stopped_priority > 0 && <span className={css.sub}>{t('stores.stopped', { n: one.stopped_priority })}</span>}</> },
        ]}
      />
    </Panel>
  )
}
