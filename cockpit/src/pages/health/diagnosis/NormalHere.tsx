import { Form, Input, InputNumber, Modal, Segmented } from 'antd'
import { useState } from 'react'
import { SAID, sayNormal } from '@/api/diagnosis'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { diagnosisText } from './text'
import type { Told } from './useItems'
import { step, until } from './words'

interface Props {
  camera: { id: string; name: string }
  told: Told
  score: number
  threshold: number
  onClose: () => void
}

/** "This is normal here": the camera gets a threshold of its own, or is not judged for this item, until a day or for good. */
export function NormalHere({ camera, told, score, threshold, onClose }: Props) {
  const t = useText(diagnosisText)
  const act = useAct()
  const { item } = told
  // A little beyond what was measured, so that the next look does not flag it again.
  const beyond = Math.min(item.most, Math.max(item.least, score + (item.worse === 'above' ? 1 : -1) * Math.abs(score) * 0.1))
  const [how, setHow] = useState<'mute' | 'threshold'>('mute')
  const [value, setValue] = useState<number | null>(Number(beyond.toFixed(3)))
  const [span, setSpan] = useState<'week' | 'month' | 'ever'>('month')
  const [note, setNote] = useState('')
  const say = async () => {
    const said = { value: how === 'mute' ? null : value, until: until(span), note: note.trim() }
    if (await act.run(() => sayNormal(camera.id, item.code, said), SAID)) onClose()
  }
  return (
    <Modal
      open
      title={t('normal.title', { camera: camera.name, item: told.name })}
      okText={t('normal.ok')}
      cancelText={t('cancel')}
      okButtonProps={{ loading: act.busy, disabled: how === 'threshold' && value === null }}
      onOk={() => void say()}
      onCancel={onClose}
      destroyOnHidden
    >
      <ProblemNote error={act.problem} />
      <p>{t('normal.now', { score: told.score(score), threshold: told.score(threshold) })}</p>
      <Form layout="vertical">
        <Form.Item label={t('normal.how')}>
          <Segmented value={how} onChange={setHow} options={[{ value: 'mute', label: t('normal.mute') }, { value: 'threshold', label: t('normal.threshold') }]} />
        </Form.Item>
        {how === 'threshold' && (
          <Form.Item label={t('normal.value')} htmlFor="own-threshold">
            <InputNumber id="own-threshold" min={item.least} max={item.most} step={step(item)} value={value} onChange={setValue} />
          </Form.Item>
        )}
        <Form.Item label={t('normal.until')}>
          <Segmented value={span} onChange={setSpan} options={(['week', 'month', 'ever'] as const).map((one) => ({ value: one, label: t(`normal.until.${one}`) }))} />
        </Form.Item>
        <Form.Item label={t('normal.note')} htmlFor="normal-note">
          <Input id="normal-note" value={note} maxLength={500} placeholder={t('normal.note.hint')} onChange={(event) => setNote(event.target.value)} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
