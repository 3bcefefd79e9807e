import { Button, Drawer, Form, Input, InputNumber, Space } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { checkDraft, writeDeployment, type Checked, type Deployment, type DeploymentBody } from '@/api/deployments'
import { ChoiceFields } from '@/pages/grants/ChoiceFields'
import { said } from '@/pages/grants/words'
import { localOf, momentOf } from '@/pages/health/moments'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { bodyOf, empty, ready } from './draft'
import { Findings } from './Findings'
import { ShiftFields } from './ShiftFields'
import { deploymentsText } from './text'
import { WantedFields } from './WantedFields'

interface Props {
  /** What is changed; none: a new one. */
  present?: Deployment | undefined
  etag?: string | null | undefined
  onClose: () => void
}

/** Plans a deployment, or changes one; the platform checks it before it is written. */
export function DeploymentForm({ present, etag, onClose }: Props) {
  const t = useText(deploymentsText)
  const act = useAct()
  const navigate = useNavigate()
  const [body, setBody] = useState<DeploymentBody>(() => (present ? bodyOf(present) : empty()))
  const [checked, setChecked] = useState<Checked | null>(null)
  const set = (part: Partial<DeploymentBody>) => {
    setBody((before) => ({ ...before, ...part }))
    setChecked(null)
  }
  const meant = (): DeploymentBody => ({ ...body, cameras: said(body.cameras) })
  const check = () => act.run(async () => setChecked(await checkDraft(meant())))
  const save = async () => {
    let made: Deployment | undefined
    const done = await act.run(async () => { made = await writeDeployment(meant(), present?.id, etag) }, ['deployments'])
    if (!done || !made) return
    onClose()
    if (!present) void navigate(`/scenes/deployments/${made.id}`)
  }
  const time = (name: 'starts_at' | 'ends_at') => (
    <Input
      type="datetime-local" aria-label={t('form.period')} value={localOf(new Date(body[name]))} disabled={name === 'starts_at' && present?.state === 'running'}
      onChange={(event) => { const at = momentOf(event.target.value); if (at) set({ [name]: at }) }}
    />
  )
  return (
    <Drawer open size={860} title={present ? t('edit') : t('add')} onClose={onClose}>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('form.name')} required><Input value={body.name} maxLength={100} placeholder={t('form.name.hint')} onChange={(event) => set({ name: event.target.value })} /></Form.Item>
        <Form.Item label={t('form.place')}><Input value={body.place} maxLength={200} onChange={(event) => set({ place: event.target.value })} /></Form.Item>
        <Form.Item label={t('form.purpose')}><Input.TextArea rows={2} maxLength={2000} value={body.purpose} onChange={(event) => set({ purpose: event.target.value })} /></Form.Item>
        <Form.Item label={t('form.period')} required><Space wrap>{time('starts_at')}–{time('ends_at')}</Space></Form.Item>
      </Form>
      <h3 className={css.section}>{t('form.cameras')}</h3>
      <ChoiceFields choice={body.cameras} onChange={(cameras) => set({ cameras })} />
      <h3 className={css.section}>{t('form.scenes')}</h3>
      <p className={css.hint}>{t('form.scenes.hint')}</p>
      <WantedFields value={body.scenes} onChange={(scenes) => set({ scenes })} />
      <h3 className={css.section}>{t('form.duty')}</h3>
      <p className={css.hint}>{t('form.duty.hint')}</p>
      <ShiftFields body={body} known={present?.shifts ?? []} onChange={(shifts) => set({ shifts })} />
      <Form layout="vertical" component={false}>
        <Space wrap size="large" className={css.section}>
          <Form.Item label={t('form.factor')} tooltip={t('form.factor.how')}><InputNumber min={1} max={10} step={0.5} value={body.factor} onChange={(next) => set({ factor: next ?? 3 })} /></Form.Item>
          <Form.Item label={t('form.capacity')}><InputNumber min={1} max={10_000_000} value={body.capacity} onChange={(capacity) => set({ capacity })} /></Form.Item>
        </Space>
        <Form.Item label={t('form.notes')}><Input.TextArea rows={2} maxLength={2000} value={body.notes} onChange={(event) => set({ notes: event.target.value })} /></Form.Item>
      </Form>
      {checked && <Findings checked={checked} />}
      <ProblemNote error={act.problem} />
      <div className={css.foot}>
        <Button loading={act.busy} disabled={!ready(body)} onClick={() => void check()}>{t('check')}</Button>
        <Button type="primary" loading={act.busy} disabled={!ready(body)} onClick={() => void save()}>{t('save')}</Button>
      </div>
    </Drawer>
  )
}
