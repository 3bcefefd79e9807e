import { useQueryClient } from '@tanstack/react-query'
import { App, Form, Input, InputNumber, Modal } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { call } from '@/api/client'
import type { Camera } from '@/api/types'
import { RegionSelect } from '@/parts/RegionSelect'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { camerasText } from './text'

interface Fields {
  name: string
  url: string
  region?: string
  address?: string
  lon?: number | null
  lat?: number | null
}

/** Joins one camera by its RTSP address and opens its page. */
export function AddCamera({ region, onClose }: { region: string | undefined; onClose: () => void }) {
  const t = useText(camerasText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)

  const save = async ({ name, url, region: place, address, lon, lat }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await call<Camera>('POST', '/cameras', {
        body: {
          name: name.trim(),
          url: url.trim(),
          ...(place ? { region: place } : {}),
          ...(address?.trim() ? { address: address.trim() } : {}),
          ...(lon != null && lat != null ? { point: [lon, lat] } : {}),
        },
      })
      void message.success(t('add.done', { name: data.name }))
      await queries.invalidateQueries({ queryKey: ['cameras'] })
      void navigate(`/cameras/${data.id}`)
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const both = {
    validator: () => {
      const { lon, lat } = form.getFieldsValue()
      return (lon == null) === (lat == null) ? Promise.resolve() : Promise.reject(new Error(t('add.pointBoth')))
    },
  }

  return (
    <Modal
      open
      title={t('add.title')}
      okText={t('add.open')}
      cancelText={p('common.cancel')}
      confirmLoading={busy}
      onOk={() => form.submit()}
      onCancel={onClose}
      mask={{ closable: false }}
    >
      <ProblemNote error={problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ region }} onFinish={(fields) => void save(fields)}>
        <Form.Item name="name" label={t('add.name')} rules={[{ required: true, whitespace: true, message: t('add.nameNeeded') }]}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item
          name="url"
          label={t('add.url')}
          extra={t('add.urlNote')}
          rules={[{ required: true, pattern: /^\s*rtsps?:\/\/\S+\s*$/i, message: t('add.urlNeeded') }]}
        >
          <Input placeholder={t('add.urlHint')} spellCheck={false} autoComplete="off" />
        </Form.Item>
        <Form.Item name="region" label={t('add.region')}>
          <RegionSelect placeholder={t('add.regionHint')} />
        </Form.Item>
        <Form.Item name="address" label={t('add.address')}>
          <Input maxLength={300} />
        </Form.Item>
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 16 }}>
          <Form.Item name="lon" label={t('add.lon')} rules={[both]} dependencies={['lat']}>
            <InputNumber min={-180} max={180} step={0.001} style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item name="lat" label={t('add.lat')} rules={[both]} dependencies={['lon']}>
            <InputNumber min={-90} max={90} step={0.001} style={{ width: '100%' }} />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  )
}
