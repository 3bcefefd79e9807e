import { useQueryClient } from '@tanstack/react-query'
import { App, Button, Drawer, Form, Input, InputNumber, Switch } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import type { CameraChoice } from '@/api/grants'
import { useDraftCost, type PlanCost, type PlanDraft, type RecordingPlan } from '@/api/recordings'
import { ChoiceFields } from '@/pages/grants/ChoiceFields'
import { chosen, said } from '@/pages/grants/words'
import { ProblemNote } from '@/parts/ProblemNote'
import { useSettled } from '@/parts/useSettled'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ALWAYS } from './hours'
import { HoursField } from './HoursField'
import css from './playback.module.css'
import { playbackText } from './text'

/** Decree 799, article 17. */
export const LEAST_DAYS = 30
const GB = 1e9
const SETTLED_MS = 600

const EMPTY: PlanDraft = { name: '', cameras: {}, hours: ALWAYS, retention_days: LEAST_DAYS, quota_bytes: null, priority: 5, enabled: true }

interface Props {
  /** Given, this plan is changed; its tag says from which version. */
  plan: RecordingPlan | null
  etag: string | null
  onClose: () => void
}

/** Writes a plan, and says while it is written what it will take a day. */
export function PlanEditor({ plan, etag, onClose }: Props) {
  const t = useText(playbackText)
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [draft, setDraft] = useState<PlanDraft>(plan ? draftOf(plan) : EMPTY)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const set = (part: Partial<PlanDraft>) => setDraft((before) => ({ ...before, ...part }))
  const settled = useSettled(draft, SETTLED_MS)
  const whole = chosen(settled.cameras) && settled.hours.some((day) => day.length > 0) && settled.retention_days >= LEAST_DAYS
  const cost = useDraftCost(whole ? { ...settled, cameras: said(settled.cameras), name: settled.name || '-' } : null)

  const keep = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const body = { ...draft, name: draft.name.trim(), cameras: said(draft.cameras) }
      if (plan) await call('PATCH', `/recordings/plans/${plan.id}`, { body, ifMatch: etag ?? undefined })
      else await call('POST', '/recordings/plans', { body })
      void queries.invalidateQueries({ queryKey: ['recording-plans'] })
      void message.success(t('plan.kept'))
      onClose()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Drawer open size={720} title={plan ? t('plan.change') : t('plan.add')} onClose={onClose} extra={<Button type="primary" loading={busy} disabled={!draft.name.trim() || !chosen(draft.cameras)} onClick={() => void keep()}>{t('plan.keep')}</Button>}>
      <ProblemNote error={problem} />
      <Form layout="vertical" component={false}>
        <Form.Item label={t('plan.name')}>
          <Input maxLength={100} value={draft.name} onChange={({ target }) => set({ name: target.value })} />
        </Form.Item>
      </Form>
      <ChoiceFields choice={draft.cameras} onChange={(cameras: CameraChoice) => set({ cameras })} />
      <Form layout="vertical" component={false}>
        <Form.Item label={t('plan.hours')}>
          <HoursField value={draft.hours} onChange={(hours) => set({ hours })} />
        </Form.Item>
        <div className={css.fields}>
          <Form.Item label={t('plan.retention')} extra={t('plan.retentionLaw', { n: LEAST_DAYS })}>
            <InputNumber min={LEAST_DAYS} max={3650} precision={0} value={draft.retention_days} suffix={t('plan.days')} onChange={(days) => set({ retention_days: days ?? LEAST_DAYS })} />
          </Form.Item>
          <Form.Item label={t('plan.priority')} extra={t('plan.priorityHint')}>
            <InputNumber min={1} max={9} precision={0} value={draft.priority} onChange={(priority) => set({ priority: priority ?? 5 })} />
          </Form.Item>
          <Form.Item label={t('plan.quota')} extra={t('plan.quotaHint')}>
            <InputNumber min={1} suffix="GB" value={draft.quota_bytes === null ? null : draft.quota_bytes / GB} onChange={(gb) => set({ quota_bytes: gb === null ? null : Math.round(gb * GB) })} />
          </Form.Item>
          <Form.Item label={t('plan.enabled')}>
            <Switch checked={draft.enabled} onChange={(enabled) => set({ enabled })} />
          </Form.Item>
        </div>
      </Form>
      <ProblemNote error={cost.error} />
      {whole && cost.data && <CostLine cost={cost.data} days={settled.retention_days} />}
    </Drawer>
  )
}

const draftOf = ({ name, cameras, hours, retention_days, quota_bytes, priority, enabled }: RecordingPlan): PlanDraft => ({ name, cameras, hours, retention_days, quota_bytes, priority, enabled })

/** What a plan takes, and how that is known. */
export function CostLine({ cost, days }: { cost: PlanCost; days: number }) {
  const t = useText(playbackText)
  const f = useFormat()
  if (cost.bytes_per_day === null) return <p className={css.cost}>{t('cost.unknown', { n: f.number(cost.cameras) })}</p>
  return (
    <p className={css.cost}>
      <strong>{t('cost.day', { size: f.number(cost.bytes_per_day / GB, cost.bytes_per_day < 10 * GB ? 1 : 0) })}</strong>
      <span>{t('cost.kept', { size: f.number((cost.bytes_kept ?? 0) / GB), days: f.number(days) })}</span>
      <span className={css.hint}>{t(cost.measured > 0 ? 'cost.measured' : 'cost.assumed', { n: f.number(cost.cameras), measured: f.number(cost.measured), rate: f.number(((cost.bytes_per_second ?? 0) * 8) / 1e6, 2) })}</span>
    </p>
  )
}
