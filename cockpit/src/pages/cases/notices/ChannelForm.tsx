import { Form, Input, Modal, Segmented, Select } from 'antd'
import { call } from '@/api/client'
import type { ChannelKind, NoticeChannel } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { LANGUAGES } from '@/text/core'
import { useLanguage, useText } from '@/text/language'
import { noticesText } from './text'

interface Fields {
  kind: ChannelKind
  name: string
  language: 'zh' | 'en'
  to?: string[]
  url?: string
  topic?: string
}

const KINDS: readonly ChannelKind[] = ['email', 'webhook', 'mqtt']

/** Puts a channel on file; a webhook's secret is handed to `onMade`, once. */
export function ChannelForm({ onMade, onClose }: { onMade: (secret: string | null) => void; onClose: () => void }) {
  const t = useText(noticesText)
  const p = useText(partsText)
  const { language } = useLanguage()
  const act = useAct()
  const [form] = Form.useForm<Fields>()
  // Before the form is drawn it has no value yet.
  const kind = (Form.useWatch('kind', form) as ChannelKind | undefined) ?? 'email'
  const add = async (fields: Fields) => {
    const done = await act.run(async () => {
      const { data } = await call<{ channel: NoticeChannel; secret: string | null }>('POST', '/notices/channels', { body: fields })
      onMade(data.secret)
    }, ['notice-channels'])
    if (done) onClose()
  }
  const needed = [{ required: true, message: t('form.needed') }]
  return (
    <Modal open title={t('channels.add')} okText={t('channels.add')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'email', language }} onFinish={(fields) => void add(fields)}>
        <ProblemNote error={act.problem} />
        <Form.Item name="kind" label={t('form.kind')}>
          <Segmented options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </Form.Item>
        <Form.Item name="name" label={t('form.name')} rules={[{ required: true, whitespace: true, message: t('form.needed') }]}>
          <Input maxLength={100} placeholder={t('form.nameHint')} />
        </Form.Item>
        {kind === 'email' && (
          <Form.Item name="to" label={t('form.to')} extra={t('form.toHint')} rules={needed}>
            <Select mode="tags" open={false} tokenSeparators={[',', ';', ' ']} maxCount={20} />
          </Form.Item>
        )}
        {kind === 'webhook' && <Form.Item name="url" label={t('form.url')} extra={t('form.urlHint')} rules={needed}><Input maxLength={1000} placeholder="https://" /></Form.Item>}
        {kind === 'mqtt' && <Form.Item name="topic" label={t('form.topic')} rules={needed}><Input maxLength={200} placeholder="commonsight/cases" /></Form.Item>}
        <Form.Item name="language" label={t('form.language')}>
          <Segmented options={LANGUAGES.map((value) => ({ value, label: p(`language.${value}`) }))} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
