import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useDutyPeople, type DeploymentBody, type Shift, type ShiftBody } from '@/api/deployments'
import { localOf, momentOf } from '@/pages/health/moments'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { nextShift } from './draft'
import { deploymentsText } from './text'

const REST = 300

/** Who is on duty, shift by shift. `known`: names of people chosen earlier. */
export function ShiftFields({ body, known, onChange }: { body: DeploymentBody; known: readonly Shift[]; onChange: (next: ShiftBody[]) => void }) {
  const t = useText(deploymentsText)
  const [typed, setTyped] = useState('')
  const people = useDutyPeople(useSettled(typed.trim(), REST)).data?.items ?? []
  const [names, setNames] = useState<Record<string, string>>(() => Object.fromEntries(known.map((one) => [one.person, one.name])))
  const { shifts } = body
  const change = (place: number, part: Partial<ShiftBody>) => onChange(shifts.map((one, index) => (index === place ? { ...one, ...part } : one)))
  return (
    <>
      {shifts.map((one, place) => {
        const options = people.map((person) => ({ value: person.id, label: person.unit ? `${person.name} · ${person.unit}` : person.name }))
        if (one.person && options.every((option) => option.value !== one.person)) options.unshift({ value: one.person, label: names[one.person] ?? one.person })
        return (
          <div key={place} className={css.shift}>
            <Select
              style={{ minWidth: 190 }} aria-label={t('form.shift.person')} placeholder={t('form.shift.person')} showSearch={{ filterOption: false, onSearch: setTyped }}
              {...(one.person ? { value: one.person } : {})} options={options}
              onChange={(person: string) => {
                const label = options.find((option) => option.value === person)?.label
                if (label) setNames((before) => ({ ...before, [person]: label }))
                change(place, { person })
              }}
            />
            <Input style={{ width: 110 }} aria-label={t('form.shift.role')} placeholder={t('form.shift.role')} maxLength={60} value={one.role} onChange={(event) => change(place, { role: event.target.value })} />
            <Input style={{ width: 200 }} type="datetime-local" aria-label={t('form.shift.from')} value={localOf(new Date(one.from))} onChange={(event) => { const from = momentOf(event.target.value); if (from) change(place, { from }) }} />
            –
            <Input style={{ width: 200 }} type="datetime-local" aria-label={t('form.shift.to')} value={localOf(new Date(one.to))} onChange={(event) => { const to = momentOf(event.target.value); if (to) change(place, { to }) }} />
            <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('form.shift.remove')} onClick={() => onChange(shifts.filter((_, index) => index !== place))} />
          </div>
        )
      })}
      <Button size="small" className={css.block ?? ''} icon={<PlusOutlined />} onClick={() => onChange([...shifts, nextShift(body)])}>{t('form.shift.add')}</Button>
    </>
  )
}
