import { App, Form, Input, InputNumber, Modal } from 'antd'
import { call } from '@/api/client'
import type { PlannedField, PlannedPoint } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { planningText } from './text'

interface Fields {
  name: string
  region: string
  cost?: number | null
  note?: string
}

/** Puts a point that somebody wants to build on file, with what it would cost. */
export function FilePoint({ field, onClose }: { field: PlannedField; onClose: () => void }) {
  const t = useText(planningText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const save = async ({ name, region, cost, note }: Fields) => {
    const body = { ...field, name: name.trim(), region, note: note?.trim() ?? '', ...(cost == null ? {} : { cost }) }
    if (!(await act.run(() => call<PlannedPoint>('POST', '/planning/points', { body }), ['planned-points']))) return
    void message.success(t('file.done', { name: name.trim() }))
    onClose()
  }
  return (
    <Modal open title={t('file.title')} okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={act.problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void save(fields)}>
        <Form.Item name="name" label={t('file.name')} rules={[{ required: true, whitespace: true, message: t('file.nameNeeded') }]}>
          <Input autoFocus maxLength={200} placeholder={t('file.nameHint')} />
        </Form.Item>
        <Form.Item name="region" label={t('file.region')} rules={[{ required: true, message: t('file.regionNeeded') }]}><RegionSelect /></Form.Item>
        <Form.Item name="cost" label={t('file.cost')}><InputNumber min={0} max={1_000_000_000} precision={2} style={{ width: '100%' }} /></Form.Item>
        <Form.Item name="note" label={t('file.note')}><Input.TextArea maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} /></Form.Item>
      </Form>
    </Modal>
  )
}
