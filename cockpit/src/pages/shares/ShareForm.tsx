import { App, Checkbox, Form, Input, Modal, Segmented, Switch } from 'antd'
import { useDeferredValue } from 'react'
import { call } from '@/api/client'
import { RIGHTS, useChoiceCount, type Choice, type Right, type Share } from '@/api/shares'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { choiceOf, fieldsOf, isNothing, type ChoiceFields } from './choice'
import { ChoiceFieldsPart } from './ChoiceFieldsPart'
import css from './shares.module.css'
import { sharesText } from './text'

interface Fields extends ChoiceFields {
  name: string
  rights: Right[]
  naming: 'own' | 'place'
  enabled: boolean
}

interface Props {
  upper: string
  /** The share to be changed; null for a new one. */
  share: Share | null
  reads: readonly string[]
  onClose: () => void
}

/** Chooses what an upper platform sees and may do, and says before saving how many cameras that is. */
export function ShareForm({ upper, share, reads, onClose }: Props) {
  const t = useText(sharesText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const fields = Form.useWatch([], form) as Fields | undefined
  const choice = choiceOf(fields ?? fieldsOf(share?.selection ?? {}))

  const save = async ({ name, rights, naming, enabled, ...rest }: Fields) => {
    const body = { name: name.trim(), rights, naming, enabled, selection: choiceOf(rest) }
    const went = await act.run(async () => {
      if (share) {
        const { etag } = await call<Share>('GET', `/shares/${share.id}`)
        await call('PATCH', `/shares/${share.id}`, { body, ifMatch: etag ?? undefined })
      } else await call('POST', `/upper-platforms/${upper}/shares`, { body })
    }, reads)
    if (!went) return
    void message.success(t('share.saved'))
    onClose()
  }
  return (
    <Modal
      open
      width={640}
      title={share ? t('share.edit') : t('share.add')}
      okText={p('common.save')}
      okButtonProps={{ disabled: isNothing(choice) }}
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
          name: share?.name, rights: share?.rights ?? ['live'], naming: share?.naming ?? 'own', enabled: share?.enabled ?? true,
          ...fieldsOf(share?.selection ?? {}),
        }}
        onFinish={(values) => void save(values)}
      >
        <Form.Item name="name" label={t('share.name')} rules={[{ required: true, whitespace: true, message: t('share.nameNeeded') }]}>
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <p className={css.faint}>{t('share.selectionHint')}</p>
        <ChoiceFieldsPart everything={fields?.everything ?? share?.selection.everything ?? false} />
        <Counted choice={choice} />
        <Form.Item name="rights" label={t('share.rights')} rules={[{ required: true, type: 'array', min: 1, message: t('share.rightsNeeded') }]} style={{ marginTop: 16 }}>
          <Checkbox.Group options={RIGHTS.map((value) => ({ value, label: t(`right.${value}`) }))} />
        </Form.Item>
        <Form.Item name="naming" label={t('share.naming')}>
          <Segmented options={(['own', 'place'] as const).map((value) => ({ value, label: t(`share.naming.${value}`) }))} />
        </Form.Item>
        <Form.Item name="enabled" label={t('share.enabled')} valuePropName="checked"><Switch /></Form.Item>
      </Form>
    </Modal>
  )
}

function Counted({ choice }: { choice: Choice }) {
  const t = useText(sharesText)
  const f = useFormat()
  const settled = useDeferredValue(choice)
  const count = useChoiceCount(settled, !isNothing(settled))
  if (isNothing(choice)) return <p className={css.count}>{t('share.nothing')}</p>
  return (
    <div className={css.count} aria-live="polite">
      <ProblemNote error={count.error} />
      {count.data ? t('share.count', { cameras: f.number(count.data.cameras), online: f.number(count.data.online) }) : !count.error && t('share.counting')}
      {count.data && count.data.outside > 0 && <span className={css.warn}> {t('share.outside', { n: f.number(count.data.outside) })}</span>}
    </div>
  )
}
