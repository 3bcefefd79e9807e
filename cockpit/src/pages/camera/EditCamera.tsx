import { useQueryClient } from '@tanstack/react-query'
import { App, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { call, type Answer } from '@/api/client'
import type { Camera } from '@/api/types'
import { camerasText, vocabulary } from '@/pages/cameras/text'
import { KINDS, SECTORS } from '@/pages/cameras/vocabulary'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { cameraText } from './text'

interface Fields {
  name: string
  region?: string
  address?: string
  kind?: string
  sector?: string
  url?: string
}

/** Only what was changed is sent, under the ETag that was read. */
export function changes(camera: Camera, fields: Fields): Record<string, unknown> {
  const before: Record<string, string | null> = {
    name: camera.name, region: camera.region?.code ?? null, address: camera.address, kind: camera.kind, sector: camera.sector,
  }
  const changed: Record<string, unknown> = {}
  for (const [key, old] of Object.entries(before)) {
    const value = fields[key as keyof Fields]?.trim() || null
    if (value !== (old || null)) changed[key] = value
  }
  if (fields.url?.trim()) changed.url = fields.url.trim()
  return changed
}

export function EditCamera({ read, onClose }: { read: Answer<Camera>; onClose: () => void }) {
  const t = useText(cameraText)
  const c = useText(camerasText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  // The ETag of what the person saw when the dialog opened, not of what came in since.
  const [base] = useState(read)
  const camera = base.data

  const save = async (fields: Fields) => {
    const body = changes(camera, fields)
    if (Object.keys(body).length === 0) {
      onClose()
      return
    }
    setBusy(true)
    setProblem(null)
    try {
      await call('PATCH', `/cameras/${camera.id}`, { body, ifMatch: base.etag ?? undefined })
      for (const key of ['camera', 'cameras', 'tree', 'camera-map']) void queries.invalidateQueries({ queryKey: [key] })
      void message.success(t('edit.done'))
      onClose()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const optional = (value: string | null | undefined) => value ?? undefined

  return (
    <Modal open title={t('edit.title')} okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={problem} />
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          name: camera.name, region: optional(camera.region?.code), address: optional(camera.address), kind: optional(camera.kind), sector: optional(camera.sector),
        }}
        onFinish={(fields) => void save(fields)}
      >
        <Form.Item name="name" label={c('add.name')} rules={[{ required: true, whitespace: true, message: c('add.nameNeeded') }]}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="region" label={c('add.region')}><RegionSelect placeholder={c('add.regionHint')} /></Form.Item>
        <Form.Item name="address" label={c('add.address')}><Input maxLength={300} /></Form.Item>
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 16 }}>
          <Form.Item name="kind" label={c('col.kind')}>
            <Select allowClear options={KINDS.map((value) => ({ value, label: vocabulary(c, 'kind', value) }))} />
          </Form.Item>
          <Form.Item name="sector" label={c('col.sector')}>
            <Select allowClear options={SECTORS.map((value) => ({ value, label: vocabulary(c, 'sector', value) }))} />
          </Form.Item>
        </div>
        <Form.Item name="url" label={t('edit.url')} extra={c('add.urlNote')} rules={[{ pattern: /^\s*(rtsps?:\/\/\S+)?\s*$/i, message: c('add.urlNeeded') }]}>
          <Input placeholder={camera.source?.url ?? c('add.urlHint')} spellCheck={false} autoComplete="off" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
