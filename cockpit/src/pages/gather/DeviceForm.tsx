import { App, Checkbox, Collapse, Form, Input, Modal, Segmented } from 'antd'
import { call, type Answer } from '@/api/client'
import type { GbDevice, GbDeviceDetail, GbEvent, GbKind } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
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
  region?: string
  subscriptions?: GbEvent[]
  quirks?: Record<string, unknown>
}

const EVENTS: readonly GbEvent[] = ['catalog', 'alarm', 'position']
/** What a new device is asked to tell: without the catalogue, changes below are seen only at the next sync. */
const EVENTS_AT_FIRST: readonly GbEvent[] = ['catalog', 'alarm']

interface Props {
  /** The device as it was read, to be edited; null to file a new one. */
  read: Answer<GbDeviceDetail> | null
  /** Code of a device that tried to register, filled in for a new one. */
  code?: string | undefined
  onClose: () => void
  onMade?: (id: string) => void
}

/** Only what was changed, as the platform takes it; quirks go as a whole. */
export function deviceChanges(before: GbDeviceDetail | null, fields: Fields): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  if (before === null) Object.assign(changed, { code: fields.code.trim(), kind: fields.kind })
  if (fields.name.trim() !== (before?.name ?? '')) changed.name = fields.name.trim()
  if (fields.region && fields.region !== before?.region) changed.region = fields.region
  if (fields.password) changed.password = fields.password
  const events = EVENTS.filter((event) => fields.subscriptions?.includes(event))
  const asked = EVENTS.filter((event) => before?.subscriptions.some((one) => one.event === event))
  if (before === null || events.join() !== asked.join()) changed.subscriptions = events
  const quirks = keptQuirks(fields.quirks ?? {}, before?.quirks ?? {})
  if (!sameQuirks(quirks, before?.quirks ?? {})) changed.quirks = quirks
  return changed
}

export function DeviceForm({ read, code, onClose, onMade }: Props) {
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
        initialValues={{
          kind: before?.kind ?? 'device', code: before?.code ?? code, name: before?.name, region: before?.region, quirks: shown,
          subscriptions: before ? before.subscriptions.map((one) => one.event) : [...EVENTS_AT_FIRST],
        }}
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
        <Form.Item name="region" label={t('access.region')} extra={t('access.regionHint')}><RegionSelect /></Form.Item>
        <Form.Item name="subscriptions" label={t('access.tells')} extra={t('access.tellsHint')}>
          <Checkbox.Group options={EVENTS.map((value) => ({ value, label: t(`event.${value}`) }))} />
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
