import { Checkbox, Input, InputNumber, Modal, Select } from 'antd'
import { useState } from 'react'
import { addRule, changeRule, type Rule, type RuleBody } from '@/api/incidents'
import { useCandidates } from '@/api/cases'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import own from './incidents.module.css'
import { incidentsText, type IncidentsKey } from './text'
import { WhatSelect } from './WhatSelect'

const EMPTY: RuleBody = {
  scene: '', incident: '', region: '', hours: null, quiet: false, organisation_id: null, acknowledge_minutes: null, close_minutes: null, note: '',
}
const DAYS = [1, 2, 3, 4, 5, 6, 7] as const

const bodyOf = (rule: Rule): RuleBody => ({
  scene: rule.scene, incident: rule.incident, region: rule.region, hours: rule.hours, quiet: rule.quiet, organisation_id: rule.organisation_id,
  acknowledge_minutes: rule.acknowledge_minutes, close_minutes: rule.close_minutes, note: rule.note,
})

/** Writes a rule, new or changed. */
export function RuleForm({ rule, onClose }: { rule: Rule | null; onClose: () => void }) {
  const t = useText(incidentsText)
  const act = useAct()
  const [body, setBody] = useState<RuleBody>(rule ? bodyOf(rule) : EMPTY)
  const set = (more: Partial<RuleBody>) => setBody((before) => ({ ...before, ...more }))
  const save = async () => {
    if (await act.run(() => (rule ? changeRule(rule.id, body) : addRule(body)), ['incident-rules'])) onClose()
  }
  return (
    <Modal open title={t(rule ? 'rule.edit' : 'rule.add')} okText={t('rule.save')} confirmLoading={act.busy} onOk={() => void save()} onCancel={onClose}>
      <div className={own.form}>
        <ProblemNote error={act.problem} />
        <label>{t('rule.note')}<Input maxLength={200} placeholder={t('rule.noteHint')} value={body.note} onChange={(event) => set({ note: event.target.value })} /></label>
        <label>{t('rule.what')}<WhatSelect wide value={body} onChange={set} /></label>
        <label>{t('rule.where')}<br /><RegionSelect placeholder={t('rule.anyWhere')} {...(body.region ? { value: body.region } : {})} onChange={(region) => set({ region: region ?? '' })} /></label>
        <Checkbox checked={body.hours !== null} onChange={(event) => set({ hours: event.target.checked ? { begin: '22:00', end: '06:00', days: [...DAYS] } : null })}>{t('rule.hours')}</Checkbox>
        {body.hours && <HoursFields value={body.hours} onChange={(hours) => set({ hours })} />}
        <Checkbox checked={body.quiet} onChange={(event) => set(event.target.checked ? { quiet: true, organisation_id: null, acknowledge_minutes: null, close_minutes: null } : { quiet: false })}>{t('rule.quiet')}</Checkbox>
        {!body.quiet && (
          <>
            <label>{t('rule.who')}<Units region={body.region || '45'} present={rule} value={body.organisation_id} onChange={(organisation_id) => set({ organisation_id })} /></label>
            <label>{t('rule.acknowledge')} <InputNumber min={1} max={129_600} value={body.acknowledge_minutes} placeholder={t('rule.byKind')} onChange={(value) => set({ acknowledge_minutes: value })} /></label>
            <label>{t('rule.close')} <InputNumber min={1} max={129_600} value={body.close_minutes} placeholder={t('rule.byKind')} onChange={(value) => set({ close_minutes: value })} /></label>
          </>
        )}
      </div>
    </Modal>
  )
}

function HoursFields({ value, onChange }: { value: NonNullable<RuleBody['hours']>; onChange: (next: NonNullable<RuleBody['hours']>) => void }) {
  const t = useText(incidentsText)
  return (
    <div>
      {t('rule.begin')} <Input type="time" style={{ width: 120 }} value={value.begin} onChange={(event) => onChange({ ...value, begin: event.target.value })} />{' '}
      {t('rule.end')} <Input type="time" style={{ width: 120 }} value={value.end} onChange={(event) => onChange({ ...value, end: event.target.value })} />
      <Checkbox.Group
        style={{ marginTop: 6 }} value={value.days} options={DAYS.map((day) => ({ value: day, label: t(`day.${day}` as IncidentsKey) }))}
        onChange={(days) => onChange({ ...value, days: days.length > 0 ? [...days].sort((a, b) => a - b) : value.days })}
      />
    </div>
  )
}

function Units({ region, present, value, onChange }: { region: string; present: Rule | null; value: string | null; onChange: (next: string | null) => void }) {
  const t = useText(incidentsText)
  const [typed, setTyped] = useState('')
  const found = (useCandidates(region, useSettled(typed, 250)).data?.items ?? []).filter((one) => one.kind === 'organisation')
  const options = found.map((one) => ({ value: one.id, label: one.name }))
  if (present?.organisation_id && options.every((one) => one.value !== present.organisation_id)) options.unshift({ value: present.organisation_id, label: present.organisation })
  return (
    <Select
      allowClear style={{ width: '100%' }} showSearch={{ filterOption: false, onSearch: setTyped }} placeholder={t('rule.nobody')}
      {...(value ? { value } : {})} options={options} onChange={(next?: string) => onChange(next ?? null)}
    />
  )
}
