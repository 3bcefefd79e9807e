import { Checkbox, Form, Input, InputNumber, Modal, Segmented, Select } from 'antd'
import { useState } from 'react'
import { setThreshold, usePreview, useThresholdChanges, type Phase } from '@/api/diagnosis'
import { camerasText, vocabulary } from '@/pages/cameras/text'
import { KINDS } from '@/pages/cameras/vocabulary'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { diagnosisText } from './text'
import { THRESHOLD_READS } from './Thresholds'
import type { Told } from './useItems'
import { step } from './words'

/** Milliseconds a value rests before its effect is asked for. */
const REST = 300

/** One change of a threshold: for whom, in which light, how much; and what it would have flagged. */
export function ThresholdForm({ told, onClose }: { told: Told; onClose: () => void }) {
  const t = useText(diagnosisText)
  const c = useText(camerasText)
  const f = useFormat()
  const act = useAct()
  const { item } = told
  const changes = useThresholdChanges()
  const [kind, setKind] = useState('')
  const [phase, setPhase] = useState<Phase>('day')
  const limit = item.limits.find((one) => one.kind === kind && one.phase === phase) ?? item.limits.find((one) => one.kind === '' && one.phase === phase)
  const [typed, setTyped] = useState<number | null>(null)
  const [back, setBack] = useState(false)
  const [note, setNote] = useState('')
  const value = typed ?? limit?.value ?? item.least
  const settled = useSettled(back ? (limit?.shipped ?? value) : value, REST)
  const preview = usePreview({ item: item.code, kind, phase, value: settled })
  const apply = async () => {
    const said = { item: item.code, kind, phase, value: back ? null : value, note: note.trim() }
    if (await act.run(() => setThreshold(said, changes.data?.etag ?? null), THRESHOLD_READS)) onClose()
  }
  const seen = preview.data
  return (
    <Modal
      open
      title={t('limits.form.title', { item: told.name })}
      okText={t('limits.form.ok')}
      cancelText={t('cancel')}
      okButtonProps={{ loading: act.busy, disabled: !changes.data }}
      onOk={() => void apply()}
      onCancel={onClose}
      destroyOnHidden
    >
      <ProblemNote error={act.problem ?? preview.error} />
      <p>{told.definition}</p>
      <Form layout="vertical">
        <Form.Item label={t('limits.kind')} htmlFor="limit-kind">
          <Select id="limit-kind" value={kind} onChange={setKind} options={[{ value: '', label: t('limits.kind.any') }, ...KINDS.map((one) => ({ value: one, label: vocabulary(c, 'kind', one) }))]} />
        </Form.Item>
        <Form.Item label={t('limits.form.phase')}>
          <Segmented value={phase} onChange={setPhase} options={(['day', 'night'] as const).map((one) => ({ value: one, label: t(`phase.${one}`) }))} />
        </Form.Item>
        <Form.Item label={t('limits.form.value', { unit: t(`unit.${item.unit}`) })} htmlFor="limit-value" extra={limit && t('limits.form.range', { least: f.number(item.least), most: f.number(item.most), now: told.score(limit.value) })}>
          <InputNumber id="limit-value" min={item.least} max={item.most} step={step(item)} value={value} disabled={back} onChange={setTyped} />{' '}
          <Checkbox checked={back} onChange={(event) => setBack(event.target.checked)}>{t('limits.form.back')}</Checkbox>
        </Form.Item>
        <Form.Item label={t('normal.note')} htmlFor="limit-note">
          <Input id="limit-note" value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
        </Form.Item>
      </Form>
      {seen && (
        <p role="status">
          {seen.looks === 0
            ? t('preview.none')
            : t('preview.some', { looks: f.number(seen.looks), flagged: f.number(seen.flagged), cameras: f.number(seen.flagged_cameras), now: f.number(seen.flagged_now) })}
        </p>
      )}
    </Modal>
  )
}
