import { SettingOutlined } from '@ant-design/icons'
import { Button, Tag } from 'antd'
import { useState } from 'react'
import type { Indicator, Scope } from '@/api/health'
import { useCan } from '@/app/auth'
import { Figure } from '@/parts/Figure'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { downTo } from '../down'
import css from '../health.module.css'
import { healthText } from '../text'
import { DefinitionDialog } from './DefinitionDialog'

const COLOUR = { reached: 'success', below: 'warning', alert: 'error' } as const

interface Props {
  item: Indicator
  of: Scope
  /** The parts below are about this one. */
  here: boolean
  onChoose: () => void
}

/** One indicator: its value, how it stands against its bar, and everything one may ask of it. */
export function IndicatorCard({ item, of, here, onChoose }: Props) {
  const t = useText(healthText)
  const f = useFormat()
  const pick = useBilingual()
  const may = useCan()('health.write')
  const [defining, setDefining] = useState(false)
  const note = item.value === null
    ? item.unknown > 0 ? t(`figure.unmeasured.${item.unit}`, { n: f.number(item.unknown) }) : t('figure.nothing')
    : t(`figure.of.${item.unit}`, { n: f.number(item.numerator), total: f.number(item.denominator) })
  return (
    <div className={css.card} data-here={here || undefined}>
      <Figure
        name={pick(item.name)}
        value={item.value === null ? f.percent(null) : f.number(item.value * 100, 1)}
        unit={item.value === null ? undefined : '%'}
        unknown={item.value === null}
        note={note}
        basis={{
          definition: pick(item.definition),
          formula: pick(item.formula_words),
          numerator: item.numerator,
          denominator: item.denominator,
          unknown: item.unknown,
          between: item.low === null || item.high === null ? null : [item.low, item.high],
          exempt: item.exempt,
          coverage: item.coverage,
          asOf: item.as_of,
          down: downTo(item, of.region, of),
        }}
      />
      {item.sample && (
        <p className={css.faint} title={t('sample.title', { n: f.number(item.sample.cameras), total: f.number(item.sample.population), at: f.dateTime(item.sample.finished_at) })}>
          {t('sample', { value: f.percent(item.sample.value), low: f.percent(item.sample.low), high: f.percent(item.sample.high) })}
        </p>
      )}
      <p className={css.acts}>
        {item.standing !== null && <Tag color={COLOUR[item.standing]}>{t(`standing.${item.standing}`, { aim: f.percent(item.aim, 0), alert: f.percent(item.alert, 0) })}</Tag>}
        <Button type="link" size="small" aria-pressed={here} onClick={onChoose}>{t(here ? 'figure.here' : 'figure.choose')}</Button>
        {may && <Button type="text" size="small" icon={<SettingOutlined />} aria-label={t('define.open', { name: pick(item.name) })} onClick={() => setDefining(true)} />}
      </p>
      {defining && <DefinitionDialog code={item.code} onClose={() => setDefining(false)} />}
    </div>
  )
}
