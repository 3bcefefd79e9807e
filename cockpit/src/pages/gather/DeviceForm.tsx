import { App, Collapse, Form, Input, Modal, Segmented } from 'antd'
import { call, type Answer } from '@/api/client'
import type { GbDevice, GbKind } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { QuirkFields } from './QuirkFields'
import { keptQuirks, QUIRKS, sameQuirks } from './quirks'
import { gatherText } from './text'

interface Fields {
  kind: GbKind
  code: string
  name: string
  password?: string
  quirks?: Record<string, unknown>
}

interface Props {
  /** The device as it was read, to be edited; null to file a new one. */
  read: Answer<GbDevice> | null
  onClose: () => void
  onMade?: (id: string) => void
}

/** Only what was changed, as the platform takes it; quirks go as a whole. */
export function deviceChanges(before: GbDevice | null, fields: Fields): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  if (before === null) Object.assign(changed, { code: fields.code.trim(), kind: fields.kind })
  if (fields.name.trim() !== (before?.name ?? '')) changed.name = fields.name.trim()
  if (fields.password) changed.password = fields.password
  const quirks = keptQuirks(fields.quirks ?? {}, before?.quirks ?? {})
  if (!sameQuirks(quirks, before?.quirks ?? {})) changed.quirks = quirks
  return changed
}

export function DeviceForm({ read, onClose, onMade }: Props) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const before = read?.data ?? null

  const save = async (fields: Fields) => {
    const body = deviceChanges(before, fields)
    if (Object.keys(body).length === 0) {
      onClose()
      return
    }
    const went = await act.run(async () => {
      if (before) await call('PATCH', `/gb28181/devices/${before.id}`, { body, ifMatch: read?.etag ?? undefined })
      else {
        const { data } = await call<GbDevice>('POST', '/gb28181/devices', { body })
        onMade?.(data.id)
      }
    }, ['gb-devices', 'gb-device'])
    if (!went) return
    void message.success(before ? t('access.saved') : t('access.added', { name: fields.name.trim() }))
    onClose()
  }
  const shown = Object.fromEntries(QUIRKS.map(({ name, plain }) => [name, before?.quirks[name] ?? plain]))

  return (
    <Modal
      open
      title={before ? t('access.edit') : t('access.add')}
      okText={before ? p('common.save') : t('access.add')}
      cancelText={p('common.cancel')}
      confirmLoading={act.busy}
      onOk={() => form.submit()}
      onCancel={onClose}
      mask={{ closable: false }}
    >
      <ProblemNote error={act.problem} />
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: before?.kind ?? 'device', code: before?.code, name: before?.name, quirks: shown }}
        onFinish={(fields) => void save({ ...fields, kind: fields.kind, code: fields.code })}
      >
        <Form.Item name="kind" label={t('access.kind')} hidden={before !== null}>
          <Segmented options={(['device', 'platform'] as const).map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </Form.Item>
        <Form.Item
          name="code"
          label={t('access.code')}
          extra={before ? undefined : t('access.codeHint')}
          rules={[{ required: true, pattern: /^\s*\d{20}\s*$/, message: t('access.codeBad') }]}
        >
          <Input autoFocus={!before} disabled={before !== null} maxLength={24} spellCheck={false} autoComplete="off" inputMode="numeric" />
        </Form.Item>
        <Form.Item name="name" label={t('access.name')} rules={[{ required: true, whitespace: true, message: t('access.nameNeeded') }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('access.password')}
          extra={t('access.passwordHint')}
          rules={before ? [] : [{ required: true, message: t('access.passwordNeeded') }]}
        >
          <Input.Password maxLength={128} autoComplete="new-password" placeholder={before?.has_password ? t('access.passwordKeep') : undefined} />
        </Form.Item>
        <Collapse
          ghost
          size="small"
          items={[{ key: 'quirks', label: t('detail.quirks'), forceRender: true, children: <><p className={css.faint}>{t('quirks.hint')}</p><QuirkFields /></> }]}
        />
      </Form>
    </Modal>
  )
}
