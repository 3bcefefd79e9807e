import { App, Collapse, Form, Input, InputNumber, Modal, Segmented, Select, Switch } from 'antd'
import { call, type Answer } from '@/api/client'
import type { UpperPlatform } from '@/api/shares'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './shares.module.css'
import { sharesText } from './text'

type Mask = 'none' | 'faces_plates' | 'faces' | 'plates'

interface Fields {
  code: string
  name: string
  organisation?: string
  host: string
  port: number
  transport: 'udp' | 'tcp'
  zone: string
  password?: string
  version: '2.0' | '3.0'
  charset: UpperPlatform['charset']
  domain?: string
  own_code?: string
  expires_seconds: number
  keepalive_seconds: number
  streams_most: number
  kbits_most: number
  media_networks: string[]
  mask: Mask
  enabled: boolean
}

const MASKS: readonly Mask[] = ['none', 'faces_plates', 'faces', 'plates']
const PLAIN = ['name', 'host', 'port', 'transport', 'zone', 'version', 'charset', 'expires_seconds', 'keepalive_seconds', 'streams_most', 'kbits_most', 'enabled'] as const

/** Only what was changed, as the platform takes it. */
export function upperChanges(before: UpperPlatform | null, fields: Fields): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  if (before === null) changed.code = fields.code.trim()
  for (const name of PLAIN) {
    const said = fields[name]
    const value = typeof said === 'string' ? said.trim() : said
    if (value !== before?.[name]) changed[name] = value
  }
  if ((fields.organisation ?? '').trim() !== (before?.organisation ?? '')) changed.organisation = (fields.organisation ?? '').trim()
  if (fields.domain?.trim() && fields.domain.trim() !== before?.domain) changed.domain = fields.domain.trim()
  if ((fields.own_code?.trim() || null) !== (before?.own_code ?? null)) changed.own_code = fields.own_code?.trim() || null
  if (fields.password) changed.password = fields.password
  if (fields.media_networks.join() !== (before?.media_networks ?? []).join()) changed.media_networks = fields.media_networks
  const mask = fields.mask === 'none' ? null : fields.mask
  if (mask !== (before?.limits.mask ?? null)) changed.limits = { ...(before?.limits ?? {}), mask }
  return changed
}

export function UpperForm({ read, onClose, onMade }: { read: Answer<UpperPlatform> | null; onClose: () => void; onMade?: (id: string) => void }) {
  const t = useText(sharesText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const before = read?.data ?? null
  const save = async (fields: Fields) => {
    const body = upperChanges(before, fields)
    if (Object.keys(body).length === 0) {
      onClose()
      return
    }
    const went = await act.run(async () => {
      if (before) await call('PATCH', `/upper-platforms/${before.id}`, { body, ifMatch: read?.etag ?? undefined })
      else {
        const { data } = await call<UpperPlatform>('POST', '/upper-platforms', { body })
        onMade?.(data.id)
      }
    }, ['uppers', 'upper'])
    if (!went) return
    void message.success(before ? t('saved') : t('added', { name: fields.name }))
    onClose()
  }
  const needed = (text: string) => [{ required: true, whitespace: true, message: text }]
  return (
    <Modal
      open
      width={640}
      title={before ? t('edit') : t('add')}
      okText={before ? p('common.save') : t('add')}
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
          port: 5060, transport: 'udp', zone: 'local', version: '2.0', charset: 'GB18030', expires_seconds: 3600, keepalive_seconds: 60,
          streams_most: 16, kbits_most: 0, media_networks: [], enabled: true, ...before, own_code: before?.own_code ?? '',
          mask: before?.limits.mask ?? 'none',
        }}
        onFinish={(fields) => void save(fields)}
      >
        <div className={css.pair}>
          <Form.Item name="code" label={t('form.code')} extra={before ? undefined : t('form.codeHint')} rules={[{ required: true, pattern: /^\s*\d{20}\s*$/, message: t('form.codeBad') }]}>
            <Input autoFocus={!before} disabled={before !== null} maxLength={24} spellCheck={false} autoComplete="off" inputMode="numeric" />
          </Form.Item>
          <Form.Item name="name" label={t('form.name')} rules={needed(t('share.nameNeeded'))}><Input maxLength={200} /></Form.Item>
          <Form.Item name="host" label={t('form.host')} rules={needed(t('form.hostNeeded'))}><Input maxLength={253} spellCheck={false} /></Form.Item>
          <Form.Item name="port" label={t('form.port')}><InputNumber min={1} max={65_535} /></Form.Item>
          <Form.Item name="transport" label={t('form.transport')}><Segmented options={[{ value: 'udp', label: 'UDP' }, { value: 'tcp', label: 'TCP' }]} /></Form.Item>
          <Form.Item name="version" label={t('form.version')}><Segmented options={[{ value: '2.0', label: '2016' }, { value: '3.0', label: '2022' }]} /></Form.Item>
          <Form.Item name="password" label={t('form.password')} extra={t('form.passwordHint')}>
            <Input.Password maxLength={128} autoComplete="new-password" {...(before?.has_password ? { placeholder: t('form.passwordKeep') } : {})} />
          </Form.Item>
          <Form.Item name="organisation" label={t('form.organisation')} extra={t('form.organisationHint')}><Input maxLength={200} /></Form.Item>
          <Form.Item name="streams_most" label={t('form.streams')} extra={t('form.zero')}><InputNumber min={0} max={10_000} /></Form.Item>
          <Form.Item name="kbits_most" label={t('form.kbits')} extra={t('form.zero')}><InputNumber min={0} max={100_000_000} /></Form.Item>
          <Form.Item name="mask" label={t('form.mask')}><Select options={MASKS.map((value) => ({ value, label: value === 'none' ? t('form.maskNone') : t(`mask.${value}`) }))} /></Form.Item>
          <Form.Item name="enabled" label={t('form.enabled')} valuePropName="checked"><Switch /></Form.Item>
        </div>
        <Collapse
          ghost
          size="small"
          items={[{
            key: 'more',
            label: t('form.more'),
            forceRender: true,
            children: (
              <div className={css.pair}>
                <Form.Item name="zone" label={t('form.zone')} extra={t('form.zoneHint')}><Input maxLength={31} spellCheck={false} /></Form.Item>
                <Form.Item name="charset" label={t('form.charset')}><Select options={['GB18030', 'GB2312', 'UTF-8'].map((value) => ({ value, label: value }))} /></Form.Item>
                <Form.Item name="domain" label={t('form.domain')} extra={t('form.domainHint')}><Input maxLength={64} spellCheck={false} /></Form.Item>
                <Form.Item name="own_code" label={t('form.own')} extra={t('form.ownHint')} rules={[{ pattern: /^\s*(\d{20})?\s*$/, message: t('form.codeBad') }]}>
                  <Input maxLength={24} spellCheck={false} inputMode="numeric" />
                </Form.Item>
                <Form.Item name="expires_seconds" label={t('form.expires')}><InputNumber min={60} max={604_800} /></Form.Item>
                <Form.Item name="keepalive_seconds" label={t('form.keepalive')}><InputNumber min={5} max={3_600} /></Form.Item>
                <Form.Item name="media_networks" label={t('form.media')} extra={t('form.mediaHint')}><Select mode="tags" open={false} suffix={null} tokenSeparators={[' ', ',']} /></Form.Item>
              </div>
            ),
          }]}
        />
      </Form>
    </Modal>
  )
}
