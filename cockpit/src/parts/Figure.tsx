import type { ReactNode } from 'react'
import css from './Figure.module.css'
import { HowKnown, SOLID_COVERAGE, type Basis } from './HowKnown'

interface Props {
  name: string
  /** Already worded; an unknown value is a dash, never a zero. */
  value: string
  unit?: string | undefined
  note?: ReactNode
  basis?: Basis | undefined
  size?: 'normal' | 'large'
  unknown?: boolean
}

/** A figure with its name and the mark that answers "how do you know?". */
export function Figure({ name, value, unit, note, basis, size = 'normal', unknown = false }: Props) {
  const hollow = basis?.coverage != null && basis.coverage < SOLID_COVERAGE
  return (
    <div className={css.figure} data-size={size}>
      <p className={css.name}>
        {name}
        {basis && <HowKnown name={name} basis={basis} />}
      </p>
      <p className={css.value} data-unknown={unknown || undefined} data-hollow={(hollow && !unknown) || undefined}>
        {value}
        {unit && <span className={css.unit}>{unit}</span>}
      </p>
      {note && <p className={css.note}>{note}</p>}
    </div>
  )
}
