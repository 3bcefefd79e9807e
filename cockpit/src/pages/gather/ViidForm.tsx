import { Form, Input, Modal } from 'antd'
import { call } from '@/api/client'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { gatherText } from './text'

interface Fields {
  code: string
  name: string
  password: string
  region?: string
  url?: string
}

/** Puts a view-library device on file, so that it may register with its password. */
export function ViidForm({ onClose }: { onClose: () => void }) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const save = async ({ code, name, password, region, url }: Fields) => {
    const body = { code: code.trim(), name: name.trim(), password, ...(region ? { region } : {}), ...(url?.trim() ? { url: url.trim() } : {}) }
    if (await act.run(() => call('POST', '/viid/devices', { body }), ['viid-devices'])) onClose()
  }
  return (
    <Modal open title={t('viid.add')} okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={act.problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void save(fields)}>
        <Form.Item name="code" label={t('access.code')} rules={[{ required: true, pattern: /^\s*\d{20}\s*$/, message: t('access.codeBad') }]}>
          <Input autoFocus maxLength={24} spellCheck={false} inputMode="numeric" />
        </Form.Item>
        <Form.Item name="name" label={t('access.name')} rules={[{ required: true, whitespace: true, message: t('access.nameNeeded') }]}><Input maxLength={200} /></Form.Item>
        <Form.Item name="password" label={t('access.password')} extra={t('access.passwordHint')} rules={[{ required: true, message: t('access.passwordNeeded') }]}>
          <Input.Password maxLength={128} autoComplete="new-password" />
        </Form.Item>
        <Form.Item name="region" label={t('access.region')} extra={t('access.regionHint')}><RegionSelect /></Form.Item>
        <Form.Item name="url" label={t('viid.url')} extra={t('viid.urlHint')}><Input spellCheck={false} maxLength={1000} /></Form.Item>
      </Form>
    </Modal>
  )
}
