import { App, Button, Form, Input, Modal, Radio } from 'antd'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { call } from '@/api/client'
import type { Camera, OnvifLook, OnvifProfile } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { gatherText } from './text'

interface Fields {
  address: string
  username?: string
  password?: string
  name?: string
  region?: string
  profile?: string
}

/** Reads the streams a device offers, then joins the chosen one as a camera. */
export function JoinOnvif({ address, onClose }: { address: string; onClose: () => void }) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const navigate = useNavigate()
  const [form] = Form.useForm<Fields>()
  const [look, setLook] = useState<OnvifLook | null>(null)
  const act = useAct()
  const way = ({ address: at, username, password }: Fields) => ({ address: at.trim(), username: username ?? null, password: password ?? null })

  const read = (fields: Fields) =>
    act.run(async () => {
      const { data } = await call<OnvifLook>('POST', '/onvif/devices', { body: way(fields) })
      setLook(data)
      form.setFieldsValue({
        profile: data.profiles[0]?.token ?? '',
        name: form.getFieldValue('name') as string || [data.manufacturer, data.model].filter(Boolean).join(' '),
      })
    })
  const join = (fields: Fields) =>
    act.run(async () => {
      const { data } = await call<Camera>('POST', '/onvif/cameras', {
        body: { ...way(fields), profile: fields.profile, name: fields.name?.trim(), ...(fields.region ? { region: fields.region } : {}) },
      })
      void message.success(t('discover.joined', { name: data.name }))
      void navigate(`/cameras/${data.id}`)
    }, ['cameras'])

  return (
    <Modal
      open
      title={t('discover.byAddress')}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={[
        <Button key="cancel" onClick={onClose}>{p('common.cancel')}</Button>,
        <Button key="go" type="primary" loading={act.busy} onClick={() => form.submit()}>{look ? t('discover.chosen') : t('discover.look')}</Button>,
      ]}
    >
      <ProblemNote error={act.problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ address }} onFinish={(fields) => void (look ? join(fields) : read(fields))}>
        <Form.Item name="address" label={t('discover.address')} rules={[{ required: true, pattern: /^\s*https?:\/\/\S+\s*$/i, message: t('discover.addressNeeded') }]}>
          <Input placeholder={t('discover.addressHint')} disabled={look !== null} spellCheck={false} autoFocus={address === ''} />
        </Form.Item>
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 16 }}>
          <Form.Item name="username" label={t('discover.user')}><Input autoComplete="off" autoFocus={address !== ''} /></Form.Item>
          <Form.Item name="password" label={t('discover.password')} extra={t('discover.passwordHint')}><Input.Password autoComplete="new-password" /></Form.Item>
        </div>
        {look && (
          <>
            <Form.Item name="profile" label={t('discover.profiles')} rules={[{ required: true }]}>
              <Radio.Group style={{ display: 'grid', gap: 4 }} options={look.profiles.map((one) => ({ value: one.token, label: profileWords(one, t('discover.ptz')) }))} />
            </Form.Item>
            <Form.Item name="name" label={t('discover.name')} rules={[{ required: true, whitespace: true, message: t('access.nameNeeded') }]}>
              <Input maxLength={200} />
            </Form.Item>
            <Form.Item name="region" label={t('vanished.region')}><RegionSelect /></Form.Item>
          </>
        )}
      </Form>
    </Modal>
  )
}

const profileWords = (one: OnvifProfile, ptz: string): string =>
  [one.name ?? one.token, one.codec?.toUpperCase(), one.width && one.height ? `${one.width}×${one.height}` : null, one.ptz ? ptz : null].filter(Boolean).join(' · ')
