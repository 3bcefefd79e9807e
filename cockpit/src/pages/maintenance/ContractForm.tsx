import { Button, Drawer, Form, Input, InputNumber, Radio, Select, Space } from 'antd'
import { useState } from 'react'
import { useContract, useWords, writeContract, type Calendar, type Contract, type ContractBody, type Level } from '@/api/maintenance'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useBilingual, useText } from '@/text/language'
import { ChoicePart, NOTHING } from './ChoicePart'
import { dayFromToday } from './days'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

const OFFICE: Calendar = { days: [1, 2, 3, 4, 5], from: '08:30', to: '17:30', closed: [], opened: [] }
const LEVEL: Level = { codes: [], severities: [], respond: 4, repair: 24 }

function fresh(): ContractBody {
  return {
    name: '', number: '', unit_id: '', choice: NOTHING, valid_from: dayFromToday(), valid_to: dayFromToday(365),
    levels: [{ ...LEVEL, severities: [1], respond: 2, repair: 12 }, LEVEL], calendar: null, warranty: {}, words: '',
  }
}

/** A contract is written or changed; it is changed from the version that was read. */
export function ContractForm({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const t = useText(maintenanceText)
  const read = useContract(id)
  const ready = id === undefined || read.data !== undefined
  return (
    <Drawer open size={760} title={t(id === undefined ? 'contract.add' : 'contract.edit')} onClose={onClose}>
      <ProblemNote error={read.error} />
      {ready && <Fields key={id ?? 'new'} id={id} present={read.data?.data} etag={read.data?.etag} onClose={onClose} />}
    </Drawer>
  )
}

function Fields({ id, present, etag, onClose }: { id: string | undefined; present: Contract | undefined; etag: string | null | undefined; onClose: () => void }) {
  const t = useText(maintenanceText)
  const p = useText(partsText)
  const act = useAct()
  const words = useWords().data
  const [body, setBody] = useState<ContractBody>(() => (present ? bodyOf(present) : fresh()))
  const set = (part: Partial<ContractBody>) => setBody((before) => ({ ...before, ...part }))
  const save = async () => {
    if (await act.run(() => writeContract(body, id, etag), ['contracts', 'orders'])) onClose()
  }
  return (
    <Form layout="vertical" component={false}>
      <Form.Item label={t('contract.name')} required><Input value={body.name} maxLength={200} onChange={(event) => set({ name: event.target.value })} /></Form.Item>
      <Form.Item label={t('contract.unit')} required extra={t('contract.unit.hint')}>
        <Select
          showSearch={{ optionFilterProp: 'label' }} aria-label={t('contract.unit')} {...(body.unit_id ? { value: body.unit_id } : {})} onChange={(unit_id: string) => set({ unit_id })}
          options={(words?.units ?? []).map((unit) => ({ value: unit.id, label: `${unit.name} · ${t('contract.unit.people', { n: unit.people })}` }))}
        />
      </Form.Item>
      <Form.Item label={t('contract.number')} extra={t('contract.number.hint')}><Input value={body.number} maxLength={100} onChange={(event) => set({ number: event.target.value })} /></Form.Item>
      <Form.Item label={t('contract.valid')} required>
        <Space>
          <Input type="date" aria-label={t('contract.valid')} value={body.valid_from} onChange={(event) => event.target.value && set({ valid_from: event.target.value })} />
          –
          <Input type="date" aria-label={t('contract.valid')} value={body.valid_to} onChange={(event) => event.target.value && set({ valid_to: event.target.value })} />
        </Space>
      </Form.Item>
      <h3>{t('contract.cameras')}</h3>
      <ChoicePart value={body.choice} onChange={(choice) => set({ choice })} />
      <Form.Item label={t('contract.levels')} required><Levels value={body.levels} onChange={(levels) => set({ levels })} /></Form.Item>
      <Form.Item label={t('contract.calendar')}><Hours value={body.calendar} onChange={(calendar) => set({ calendar })} /></Form.Item>
      <Form.Item label={t('contract.warranty')}>
        <InputNumber min={0.5} max={30} step={0.5} value={body.warranty[''] ?? null} onChange={(years) => set({ warranty: { ...without(body.warranty, ''), ...(years ? { '': years } : {}) } })} />
      </Form.Item>
      <Form.Item label={t('contract.words')}><Input.TextArea rows={2} maxLength={2000} value={body.words} onChange={(event) => set({ words: event.target.value })} /></Form.Item>
      <ProblemNote error={act.problem} />
      <Space>
        <Button type="primary" loading={act.busy} disabled={!body.name.trim() || !body.unit_id} onClick={() => void save()}>{t('contract.save')}</Button>
        <Button onClick={onClose}>{p('common.cancel')}</Button>
      </Space>
    </Form>
  )
}

const without = (all: Record<string, number>, key: string) => Object.fromEntries(Object.entries(all).filter(([name]) => name !== key))

function bodyOf(one: Contract): ContractBody {
  const { name, number, unit_id, choice, valid_from, valid_to, levels, calendar, warranty, words } = one
  return { name, number, unit_id, choice, valid_from, valid_to, levels, calendar, warranty, words }
}

function Levels({ value, onChange }: { value: Level[]; onChange: (levels: Level[]) => void }) {
  const t = useText(maintenanceText)
  const pick = useBilingual()
  const codes = useWords().data?.codes ?? []
  const change = (place: number, part: Partial<Level>) => onChange(value.map((level, n) => (n === place ? { ...level, ...part } : level)))
  return (
    <>
      {value.map((level, place) => (
        <div key={place} className={css.levels}>
          <Select mode="multiple" allowClear showSearch={{ optionFilterProp: 'label' }} placeholder={t('contract.level.codes')} aria-label={t('contract.level.codes')} value={level.codes} options={codes.map((code) => ({ value: code.code, label: pick(code) }))} onChange={(next: string[]) => change(place, { codes: next })} />
          <Select mode="multiple" allowClear placeholder={t('contract.level.severities')} aria-label={t('contract.level.severities')} value={level.severities} options={[1, 2, 3, 4].map((n) => ({ value: n, label: String(n) }))} onChange={(next: number[]) => change(place, { severities: next })} />
          <InputNumber min={0.5} max={2160} aria-label={t('contract.level.respond')} placeholder={t('contract.level.respond')} value={level.respond} onChange={(next) => change(place, { respond: next ?? 1 })} />
          <InputNumber min={0.5} max={2160} aria-label={t('contract.level.repair')} placeholder={t('contract.level.repair')} value={level.repair} onChange={(next) => change(place, { repair: next ?? 1 })} />
          <Button size="small" disabled={value.length === 1} onClick={() => onChange(value.filter((_, n) => n !== place))}>{t('contract.level.remove')}</Button>
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...value, LEVEL])}>{t('contract.level.add')}</Button>
    </>
  )
}

function Hours({ value, onChange }: { value: Calendar | null; onChange: (calendar: Calendar | null) => void }) {
  const t = useText(maintenanceText)
  return (
    <Space wrap>
      <Radio.Group
        value={value === null ? 'all' : 'work'} options={[{ value: 'all', label: t('contract.calendar.all') }, { value: 'work', label: t('contract.calendar.work') }]}
        onChange={(event) => onChange(event.target.value === 'all' ? null : OFFICE)}
      />
      {value && (
        <Space>
          <Input type="time" aria-label={t('contract.calendar')} value={value.from.slice(0, 5)} onChange={(event) => event.target.value && onChange({ ...value, from: event.target.value })} />
          –
          <Input type="time" aria-label={t('contract.calendar')} value={value.to.slice(0, 5)} onChange={(event) => event.target.value && onChange({ ...value, to: event.target.value })} />
        </Space>
      )}
    </Space>
  )
}
