import { Checkbox, Radio, Select } from 'antd'
import { ACTIONS, useMasks, type Action, type Hours, type MaskName } from '@/api/grants'
import { usePurposes } from '@/api/queries'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './grants.module.css'
import { grantsText, type GrantsKey } from './text'

export const DAYS = [1, 7, 30, 90, 365] as const
const WEEK = [1, 2, 3, 4, 5, 6, 7] as const

/** So many days from now, as the platform takes it. */
export const inDays = (days: number, now = Date.now()): string => new Date(now + days * 86_400_000).toISOString()

export function ActionsField({ value, onChange, among = ACTIONS }: { value: readonly Action[]; onChange: (actions: Action[]) => void; among?: readonly Action[] }) {
  const t = useText(grantsText)
  return <Checkbox.Group aria-label={t('column.actions')} options={among.map((action) => ({ value: action, label: t(`action.${action}`) }))} value={[...value]} onChange={onChange} />
}

export function PurposesField({ value, onChange, among }: { value: readonly string[]; onChange: (codes: string[]) => void; among?: readonly string[] }) {
  const t = useText(grantsText)
  const pick = useBilingual()
  const purposes = (usePurposes().data?.items ?? []).filter((one) => !among || among.length === 0 || among.includes(one.code))
  return (
    <Select
      mode="multiple" allowClear aria-label={t('ask.purposes')} showSearch={{ optionFilterProp: 'label' }}
      options={purposes.map((one) => ({ value: one.code, label: pick(one) }))} value={[...value]} onChange={onChange}
    />
  )
}

export function DaysField({ value, onChange }: { value: number; onChange: (days: number) => void }) {
  const t = useText(grantsText)
  return (
    <Radio.Group
      aria-label={t('ask.days')} optionType="button" value={value} onChange={(event) => onChange(event.target.value as number)}
      options={DAYS.map((days) => ({ value: days, label: t(`ask.day${days}` as GrantsKey) }))}
    />
  )
}

export function HoursField({ value, onChange }: { value: Hours | null; onChange: (hours: Hours | null) => void }) {
  const t = useText(grantsText)
  return (
    <div className={css.row}>
      <Checkbox checked={value !== null} onChange={(event) => onChange(event.target.checked ? { from: '08:00', to: '20:00', days: [...WEEK] } : null)}>{t('ask.hours')}</Checkbox>
      {value && (
        <span className={`${css.row} ${css.hours}`}>
          <label>{t('ask.hoursFrom')} <input type="time" value={value.from} onChange={(event) => onChange({ ...value, from: event.target.value })} /></label>
          <label>{t('ask.hoursTo')} <input type="time" value={value.to} onChange={(event) => onChange({ ...value, to: event.target.value })} /></label>
          <Checkbox.Group aria-label={t('ask.weekdays')} options={WEEK.map((day) => ({ value: day, label: t(`day.${day}` as GrantsKey) }))} value={value.days} onChange={(days: number[]) => onChange({ ...value, days: [...days].sort() })} />
        </span>
      )}
    </div>
  )
}

/** Chooses a mask and says what it was measured to find: who grants a masked view must know what is left uncovered. */
export function MaskField({ value, onChange }: { value: MaskName | undefined; onChange: (mask: MaskName | undefined) => void }) {
  const t = useText(grantsText)
  const f = useFormat()
  const masks = useMasks().data?.items ?? []
  const mask = masks.find((one) => one.name === value)
  return (
    <div>
      <Select<MaskName | ''>
        aria-label={t('decide.mask')} value={value ?? ''} popupMatchSelectWidth={false}
        options={[{ value: '', label: t('mask.none') }, ...(['faces_plates', 'faces', 'plates'] as const).map((name) => ({ value: name, label: t(`mask.${name}`) }))]}
        onChange={(name) => onChange(name === '' ? undefined : name)}
      />
      {mask && (
        <p className={css.faint}>
          {mask.recall
            ? t('mask.recall', { value: f.percent(mask.recall.value), low: f.percent(mask.recall.low), high: f.percent(mask.recall.high), n: mask.recall.n })
            : t('mask.unmeasured')}
        </p>
      )}
      {mask && !mask.installed && <p className={css.warn}>{t('mask.missing')}</p>}
    </div>
  )
}
