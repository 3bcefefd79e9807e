import { useQuery } from '@tanstack/react-query'
import { App, Form, Input, InputNumber, Modal, Radio } from 'antd'
import { call, type Answer } from '@/api/client'
import type { PlannedPoint, PlannedState } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { planningText } from './text'

interface Fields {
  state: PlannedState
  reason: string
  cost?: number | null
}

const OUTCOMES: readonly PlannedState[] = ['saved', 'built', 'withdrawn']

/** Notes what became of a point; the coverage of that day is kept with it. */
export function DecidePoint({ id, onClose }: { id: string; onClose: () => void }) {
  // Read afresh: the decision is made on what stands there now, under its ETag.
  const read = useQuery({ queryKey: ['planned-point', id], queryFn: () => call<PlannedPoint>('GET', `/planning/points/${id}`), gcTime: 0 })
  return read.data ? <Dialog read={read.data} onClose={onClose} /> : <ProblemNote error={read.error} />
}

function Dialog({ read, onClose }: { read: Answer<PlannedPoint>; onClose: () => void }) {
  const t = useText(planningText)
  const p = useText(partsText)
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const act = useAct()
  const point = read.data
  const choices = point.state === 'planned' ? OUTCOMES : (['planned', ...OUTCOMES] as const)
  const save = async ({ state, reason, cost }: Fields) => {
    const body = { state, reason: reason.trim(), ...(cost == null ? {} : { cost }) }
    const went = await act.run(
      () => call('POST', `/planning/points/${point.id}/decision`, { body, ifMatch: read.etag ?? undefined }),
      ['planned-points', 'planned-point', 'savings'],
    )
    if (!went) return
    void message.success(t('decide.done'))
    onClose()
  }
  return (
    <Modal open title={t('decide.title', { name: point.name })} okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={act.problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ state: 'saved', cost: point.cost }} onFinish={(fields) => void save(fields)}>
        <Form.Item name="state" label={t('decide.state')}>
          <Radio.Group options={choices.map((value) => ({ value, label: value === 'planned' ? t('decide.undo') : t(`state.${value}`) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t('decide.reason')} extra={t('decide.note')} rules={[{ required: true, whitespace: true, message: t('decide.reasonNeeded') }]}>
          <Input.TextArea autoFocus maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} placeholder={t('decide.reasonHint')} />
        </Form.Item>
        <Form.Item name="cost" label={t('decide.cost')}><InputNumber min={0} max={1_000_000_000} precision={2} style={{ width: '100%' }} /></Form.Item>
      </Form>
    </Modal>
  )
}
