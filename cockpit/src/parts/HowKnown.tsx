import { Popover } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './HowKnown.module.css'
import { partsText } from './text'

/** What stands behind a figure. */
export interface Basis {
  definition: string
  formula?: string | undefined
  numerator?: number | null | undefined
  denominator?: number | null | undefined
  unknown?: number | null | undefined
  since?: string | null | undefined
  asOf?: string | null | undefined
  /** Share of the interval really watched, 0..1. */
  coverage?: number | null | undefined
  /** Where the rate of all lies, 95 %, when not all were measured. */
  between?: readonly [number, number] | null | undefined
  /** Cameras an approved exemption leaves out. */
  exempt?: number | null | undefined
  /** Way down to the cameras behind the figure. */
  down?: string | undefined
}

/** Counts watched for less than this share of their interval are drawn hollow. */
export const SOLID_COVERAGE = 0.8

/** The small mark every figure has: it opens definition, formula, time, coverage and the way down. */
export function HowKnown({ name, basis }: { name: string; basis: Basis }) {
  const t = useText(partsText)
  const f = useFormat()
  const [open, setOpen] = useState(false)
  const rows: [string, string][] = []
  if (basis.formula) rows.push([t('figure.formula'), basis.formula])
  if (basis.denominator != null) rows.push([t('figure.counted'), `${f.number(basis.numerator)} / ${f.number(basis.denominator)}`])
  if (basis.between && basis.between[0] < basis.between[1]) rows.push([t('figure.between'), t('figure.range', { low: f.percent(basis.between[0]), high: f.percent(basis.between[1]) })])
  if (basis.exempt) rows.push([t('figure.exempt'), f.number(basis.exempt)])
  if (basis.unknown != null) rows.push([t('figure.unknown'), f.number(basis.unknown)])
  if (basis.since != null) rows.push([t('figure.since'), f.dateTime(basis.since)])
  if (basis.coverage !== undefined) rows.push([t('figure.coverage'), f.percent(basis.coverage, 0)])
  if (basis.asOf != null) rows.push([t('figure.asOf'), f.dateTime(basis.asOf)])

  const content = (
    <div className={css.panel}>
      <p>{basis.definition}</p>
      <dl>
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {basis.coverage != null && basis.coverage < SOLID_COVERAGE && <p className={css.low}>{t('figure.lowCoverage')}</p>}
      {basis.down && <Link to={basis.down} onClick={() => setOpen(false)}>{t('figure.down')}</Link>}
    </div>
  )
  return (
    <Popover content={content} title={name} trigger="click" open={open} onOpenChange={setOpen}>
      <button type="button" className={css.ask} aria-label={t('figure.ask', { name })} aria-expanded={open}>
        <svg viewBox="0 0 16 16" aria-hidden>
          <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.2" />
          <circle cx="8" cy="5" r="0.95" fill="currentColor" />
          <path d="M8 7.4v4" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
        </svg>
      </button>
    </Popover>
  )
}
