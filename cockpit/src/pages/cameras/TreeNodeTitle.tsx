import type { HealthSummary } from '@/api/types'
import { HealthBar } from '@/parts/HealthBar'
import { useFormat } from '@/text/format'
import css from './CamerasPage.module.css'

/** A line of a tree of cameras: its name, how many there are, and how they fare. */
export function TreeNodeTitle({ name, summary }: { name: string; summary: HealthSummary }) {
  const f = useFormat()
  return (
    <span className={css.node}>
      <span title={name}>{name}</span>
      <span>{f.number(summary.total)}</span>
      <HealthBar summary={summary} />
    </span>
  )
}
