import { App, Button, Drawer, Form, Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useCandidates, type Action, type CameraChoice, type Candidate, type Hours, type MaskName } from '@/api/grants'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { ChoiceFields } from './ChoiceFields'
import { ActionsField, DaysField, HoursField, inDays, MaskField, PurposesField } from './TermsFields'
import { grantsText } from './text'
import { chosen, holderWords, said } from './words'

const SETTLED_MS = 300

/** Gives a grant without a request, to a person, an organisation or a role. */
export function GiveGrant({ onClose }: { onClose: () => void }) {
  const t = useText(grantsText)
  const { message } = App.useApp()
  const act = useAct()
  const [typed, setTyped] = useState('')
  const candidates = useCandidates(useSettled(typed.trim(), SETTLED_MS)).data?.items ?? []
  const [holder, setHolder] = useState<Candidate | null>(null)
  const [choice, setChoice] = useState<CameraChoice>({})
  const [actions, setActions] = useState<Action[]>(['live'])
  const [purposes, setPurposes] = useState<string[]>([])
  const [days, setDays] = useState<number>(30)
  const [hours, setHours] = useState<Hours | null>(null)
  const [mask, setMask] = useState<MaskName | undefined>()
  const [minutes, setMinutes] = useState<number | null>(null)
  const [basis, setBasis] = useState('')
  const ready = holder !== null && chosen(choice) && actions.length > 0 && basis.trim().length >= 4
  const named = (one: Candidate) => `${holderWords(t, { holder_kind: one.kind, holder: one.holder, holder_name: one.name })}${one.organisation ? ` · ${one.organisation}` : ''}`
  const keyOf = (one: Candidate) => `${one.kind}:${one.holder}`
  const shown = holder && !candidates.some((one) => keyOf(one) === keyOf(holder)) ? [holder, ...candidates] : candidates

  const save = async () => {
    if (!holder) return
    const body = {
      holder_kind: holder.kind, holder: holder.holder, cameras: said(choice), actions, purposes, hours, basis: basis.trim(), expires_at: inDays(days),
      limits: { ...(mask ? { mask } : {}), ...(minutes ? { minutes } : {}) },
    }
    if (!(await act.run(() => call('POST', '/grants', { body }), ['grants']))) return
    void message.success(t('give.saved', { name: named(holder) }))
    onClose()
  }
  return (
    <Drawer open size={720} title={t('give.title')} onClose={onClose}>
      <Form layout="vertical" onFinish={() => void save()}>
        <Form.Item label={t('give.holder')} required>
          <Select
            aria-label={t('give.holder')} placeholder={t('give.holderHint')} showSearch={{ filterOption: false, onSearch: setTyped }}
            value={holder ? keyOf(holder) : undefined} options={shown.map((one) => ({ value: keyOf(one), label: named(one) }))}
            onChange={(key: string) => setHolder(shown.find((one) => keyOf(one) === key) ?? null)}
          />
        </Form.Item>
        <ChoiceFields choice={choice} onChange={setChoice} />
        <Form.Item label={t('column.actions')} required><ActionsField value={actions} onChange={setActions} /></Form.Item>
        <Form.Item label={t('ask.purposes')} extra={purposes.length === 0 ? t('purposes.any') : undefined}><PurposesField value={purposes} onChange={setPurposes} /></Form.Item>
        <Form.Item label={t('ask.days')} required><DaysField value={days} onChange={setDays} /></Form.Item>
        <Form.Item><HoursField value={hours} onChange={setHours} /></Form.Item>
        <Form.Item label={t('decide.mask')}><MaskField value={mask} onChange={setMask} /></Form.Item>
        <Form.Item label={t('decide.minutes')}><InputNumber min={1} max={240} value={minutes} onChange={setMinutes} /></Form.Item>
        <Form.Item label={t('give.basis')} required><Input.TextArea rows={2} maxLength={500} aria-label={t('give.basis')} value={basis} onChange={(event) => setBasis(event.target.value)} /></Form.Item>
        <ProblemNote error={act.problem} />
        <Button type="primary" htmlType="submit" disabled={!ready} loading={act.busy}>{t('give.save')}</Button>
      </Form>
    </Drawer>
  )
}
