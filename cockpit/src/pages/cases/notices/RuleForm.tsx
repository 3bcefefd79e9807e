import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { useCandidates, useCaseKinds, useChannels } from '@/api/cases'
import { call } from '@/api/client'
import { NOTICE_EVENTS, type NoticeEvent, type Severity } from '@/api/types'
import { useCan, useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useBilingual, useText } from '@/text/language'
import { casesText, severityName } from '../text'
import { noticesText } from './text'

interface Fields {
  holder: string
  channel: string
  events: NoticeEvent[]
  severity: Severity
  kinds: string[]
  region?: string
  quiet_from?: string
  quiet_to?: string
}

const ME = 'me'
const PAGE = 'page'
const SEVERITIES: readonly Severity[] = [1, 2, 3, 4]

/** Writes a rule: of one's own page, or with the right to for others and for channels. */
export function RuleForm({ onClose }: { onClose: () => void }) {
  const t = useText(noticesText)
  const c = useText(casesText)
  const p = useText(partsText)
  const pick = useBilingual()
  const can = useCan()
  const manages = can('notices.write')
  const act = useAct()
  const [form] = Form.useForm<Fields>()
  const channels = useChannels(manages).data?.items ?? []
  const kinds = useCaseKinds().data?.items ?? []
  const add = async (fields: Fields) => {
    const [kind, id] = fields.holder.split(':')
    const quiet = fields.quiet_from && fields.quiet_to ? { quiet_from: fields.quiet_from, quiet_to: fields.quiet_to } : {}
    const done = await act.run(() => call('POST', '/notices/rules', {
      body: {
        ...(fields.holder === ME ? {} : { holder: { kind, id } }),
        channel_id: fields.channel === PAGE ? null : fields.channel,
        events: fields.events, severity: fields.severity, kinds: fields.kinds, regions: fields.region ? [fields.region] : [], ...quiet,
      },
    }), ['notice-rules'])
    if (done) onClose()
  }
  return (
    <Modal open title={t('rules.add')} okText={t('rules.add')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields>
        form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void add(fields)}
        initialValues={{ holder: ME, channel: PAGE, events: ['opened', 'escalated'], severity: 3, kinds: [] }}
      >
        <ProblemNote error={act.problem} />
        {manages && <Form.Item name="holder" label={t('rules.holder')}><HolderSelect /></Form.Item>}
        {manages && (
          <Form.Item name="channel" label={t('rules.channel')}>
            <Select options={[{ value: PAGE, label: t('kind.page') }, ...channels.map((one) => ({ value: one.id, label: `${one.name} · ${t(`kind.${one.kind}`)}` }))]} />
          </Form.Item>
        )}
        {!manages && <Form.Item name="holder" hidden><Input /></Form.Item>}
        {!manages && <Form.Item name="channel" hidden><Input /></Form.Item>}
        <Form.Item name="events" label={t('rules.events')} rules={[{ required: true, message: t('form.needed') }]}>
          <Select mode="multiple" options={NOTICE_EVENTS.map((value) => ({ value, label: t(`event.${value}`) }))} />
        </Form.Item>
        <Form.Item name="severity" label={t('rules.severity')}>
          <Select options={SEVERITIES.map((value) => ({ value, label: t('rules.upTo', { name: severityName(c, value) }) }))} />
        </Form.Item>
        <Form.Item name="kinds" label={t('rules.kinds')}>
          <Select mode="multiple" placeholder={t('rules.allKinds')} options={kinds.map((kind) => ({ value: kind.code, label: pick(kind) }))} />
        </Form.Item>
        <Form.Item name="region" label={t('rules.regions')}><RegionSelect placeholder={t('rules.allRegions')} /></Form.Item>
        <Form.Item label={t('rules.quiet')}>
          <Form.Item name="quiet_from" noStyle><Input type="time" aria-label={t('rules.quietFrom')} style={{ width: 130 }} /></Form.Item>
          {' – '}
          <Form.Item name="quiet_to" noStyle><Input type="time" aria-label={t('rules.quietTo')} style={{ width: 130 }} /></Form.Item>
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** The person themselves, or anybody who may handle cases in their regions. */
function HolderSelect({ value, onChange }: { value?: string; onChange?: (value: string) => void }) {
  const t = useText(noticesText)
  const me = useMe()
  const [typed, setTyped] = useState('')
  const found = useCandidates(me.regions[0]?.code ?? '', useSettled(typed.trim(), 250))
  const options = (found.data?.items ?? []).map((one) => ({ value: `${one.kind}:${one.id}`, label: one.name }))
  return (
    <Select
      showSearch={{ filterOption: false, onSearch: setTyped }} value={value} onChange={(next: string) => onChange?.(next)}
      options={[{ value: ME, label: t('rules.me') }, ...options]}
    />
  )
}
