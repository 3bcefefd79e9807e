import { Button, InputNumber, Slider } from 'antd'
import type { Parameter } from '@/api/scenes'
import { unitWord } from '@/pages/scenes/kinds/words'
import { useFormat } from '@/text/format'
import { useBilingual, useLanguage, useText } from '@/text/language'
import { stepOf } from './draft'
import { tuneText } from './text'
import css from './tune.module.css'

/** One parameter of a scene as its card describes it. */
export function ParameterField({ parameter, value, disabled, onChange }: { parameter: Parameter; value: number | undefined; disabled: boolean; onChange: (value: number) => void }) {
  const t = useText(tuneText)
  const f = useFormat()
  const pick = useBilingual()
  const { language } = useLanguage()
  const unit = unitWord(language, parameter.unit)
  const name = pick(parameter.name)
  const now = value ?? parameter.default
  const { least: min, most: max } = parameter
  const step = stepOf(parameter)
  return (
    <div className={css.parameter}>
      <span>{name}</span>
      <Slider disabled={disabled} min={min} max={max} step={step} value={now} onChange={onChange} aria-label={name} />
      <InputNumber size="small" disabled={disabled} min={min} max={max} step={step} value={now} suffix={unit} aria-label={name} onChange={(next) => next !== null && onChange(next)} />
      <span className={css.hint}>
        {t('parameter.default', { value: f.number(parameter.default, Number.isInteger(parameter.default) ? 0 : 2), unit })}
        {value !== undefined && !disabled && <Button size="small" type="link" onClick={() => onChange(parameter.default)}>{t('parameter.reset')}</Button>}
      </span>
    </div>
  )
}
