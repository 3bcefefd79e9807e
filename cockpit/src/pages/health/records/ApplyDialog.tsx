import { App, Form, Input, Modal } from 'antd'
import { applyRepairs, READS, usePreview, type Chosen } from '@/api/records'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { Proposals } from './ProposalsPart'
import css from './records.module.css'
import { recordsText } from './text'
import { useFieldName } from './words'

/** What a batch would do, before it does it. */
export function ApplyDialog({ chosen, onClose }: { chosen: Chosen; onClose: (done: boolean) => void }) {
  const t = useText(recordsText)
  const p = useText(partsText)
  const f = useFormat()
  const name = useFieldName()
  const { message } = App.useApp()
  const [form] = Form.useForm<{ why: string }>()
  const act = useAct()
  const preview = usePreview(chosen)
  const found = preview.data
  const apply = async ({ why }: { why: string }) => {
    if (await act.run(() => applyRepairs(chosen, why.trim()), READS)) {
      void message.success(t('apply.done'))
      onClose(true)
    }
  }
  return (
    <Modal open width={1080} title={t('apply.title')} okText={t('apply.go')} cancelText={p('common.cancel')} confirmLoading={act.busy} okButtonProps={{ disabled: !found?.proposals }} onOk={() => form.submit()} onCancel={() => onClose(false)}>
      <ProblemNote error={act.problem ?? preview.error} />
      {found && <>
        <p>{t('apply.counts', { n: f.number(found.proposals), cameras: f.number(found.cameras) })}</p>
        {found.quarrels.length > 0 && <>
          <p>{t('apply.quarrels')}</p>
          <ul className={css.list}>{found.quarrels.map((one) => <li key={`${one.camera} ${one.field}`}>{one.name} · {name(one.field)}: {one.values.join(' / ')}</li>)}</ul>
        </>}
        <h4>{t('apply.sample')}</h4>
        <Proposals items={found.sample.slice(0, 8)} />
      </>}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void apply(fields)}>
        <Form.Item name="why" label={t('apply.why')} rules={[{ required: true, whitespace: true, min: 2, message: t('apply.whyNeeded') }]}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
