import { App, Button, Drawer, Form, Input, InputNumber } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import type { Pool } from '@/api/compute'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './compute.module.css'
import { computeText } from './text'

/** Sets up a pool, or changes one. */
export function PoolForm({ pool, onClose }: { pool: Pool | null; onClose: () => void }) {
  const t = useText(computeText)
  const { message, modal } = App.useApp()
  const act = useAct()
  const [name, setName] = useState(pool?.name ?? '')
  const [label, setLabel] = useState(pool?.label ?? '')
  const [region, setRegion] = useState<string | undefined>(pool?.region ?? undefined)
  const [quota, setQuota] = useState<number | null>(pool?.quota ?? null)
  const save = async () => {
    const went = await act.run(() => call('PUT', `/compute/pools/${name}`, { body: { label, region, quota }, ifMatch: pool?.etag ?? '*' }), ['compute'])
    if (!went) return
    void message.success(t('form.saved'))
    onClose()
  }
  const remove = () => modal.confirm({
    title: t('form.removeAsk', { name: label }),
    content: t('form.removeText'),
    okText: t('form.remove'),
    okButtonProps: { danger: true },
    onOk: async () => {
      const went = await act.run(() => call('DELETE', `/compute/pools/${name}`, { ifMatch: pool?.etag ?? undefined }), ['compute'])
      if (!went) return
      void message.success(t('form.removed'))
      onClose()
    },
  })
  return (
    <Drawer open size={460} title={pool ? label : t('new')} onClose={onClose}>
      <Form layout="vertical">
        <Form.Item label={t('form.name')} extra={t('form.name.how')}>
          <Input aria-label={t('form.name')} value={name} disabled={pool !== null} maxLength={40} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <Form.Item label={t('form.label')}>
          <Input aria-label={t('form.label')} value={label} maxLength={80} onChange={(event) => setLabel(event.target.value)} />
        </Form.Item>
        <Form.Item label={t('form.region')}>
          <RegionSelect placeholder={t('form.region')} {...(region ? { value: region } : {})} onChange={setRegion} />
        </Form.Item>
        <Form.Item label={t('form.quota')} extra={t('form.quota.how')}>
          <InputNumber aria-label={t('form.quota')} min={0} value={quota} onChange={setQuota} />
        </Form.Item>
        <ProblemNote error={act.problem} />
        <div className={css.row}>
          <Button type="primary" disabled={!name || !label.trim() || !region} loading={act.busy} onClick={() => void save()}>{t('form.save')}</Button>
          {pool && <Button danger onClick={() => void remove()}>{t('form.remove')}</Button>}
        </div>
      </Form>
    </Drawer>
  )
}
