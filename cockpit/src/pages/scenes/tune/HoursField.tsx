import { Button, Select } from 'antd'
import type { SceneHours } from '@/api/types'
import { useText } from '@/text/language'
import { tuneText } from './text'
import css from './tune.module.css'

const DAYS = [1, 2, 3, 4, 5, 6, 7] as const
const NEW: SceneHours = { begin: '22:00', end: '06:00', days: [...DAYS] }

/** When a setup is at work; without hours always. */
export function HoursField({ value, disabled, onChange }: { value: readonly SceneHours[]; disabled: boolean; onChange: (hours: SceneHours[]) => void }) {
  const t = useText(tuneText)
  const change = (index: number, values: Partial<SceneHours>) => onChange(value.map((one, place) => (place === index ? { ...one, ...values } : one)))
  return (
    <div className={css.stackSmall}>
      <span>{t('hours')} {value.length === 0 && <em className={css.hint}>{t('hours.always')}</em>}</span>
      {value.map((one, index) => (
        <div key={index} className={css.bar}>
          <label>{t('hours.from')} <input type="time" required disabled={disabled} value={one.begin} onChange={(event) => event.target.value && change(index, { begin: event.target.value })} /></label>
          <label>{t('hours.to')} <input type="time" required disabled={disabled} value={one.end} onChange={(event) => event.target.value && change(index, { end: event.target.value })} /></label>
          <Select
            mode="multiple" size="small" disabled={disabled} maxTagCount="responsive" className={css.days} aria-label={t('hours.days')} value={one.days}
            options={DAYS.map((day) => ({ value: day, label: t(`day.${day}`) }))} onChange={(days: number[]) => days.length > 0 && change(index, { days: days.sort() })}
          />
          {!disabled && <Button size="small" onClick={() => onChange(value.filter((_, place) => place !== index))}>{t('hours.remove')}</Button>}
        </div>
      ))}
      {!disabled && value.length < 8 && <div><Button size="small" onClick={() => onChange([...value, NEW])}>{t('hours.add')}</Button> {value.length > 0 && <span className={css.hint}>{t('hours.note')}</span>}</div>}
    </div>
  )
}
