import type { DiagnosisItem, Unit } from '@/api/diagnosis'
import type { Format } from '@/text/format'

/** A score or threshold in its item's unit. */
export function worded(f: Format, unit: Unit, value: number | null | undefined): string {
  if (unit === 'share') return f.percent(value, value != null && value < 0.1 ? 1 : 0)
  if (unit === 'score') return f.number(value, 2)
  if (unit === 'permille') return value == null ? f.number(null) : `${f.number(value, 1)}‰`
  if (unit === 'seconds') return f.seconds(value)
  return f.number(value, value != null && value < 20 ? 1 : 0)
}

/** How far one goes when a threshold is turned up or down by a step. */
export function step(item: Pick<DiagnosisItem, 'unit'>): number {
  if (item.unit === 'share' || item.unit === 'score') return 0.01
  return item.unit === 'permille' ? 0.1 : 1
}

/** Until when something said now applies. */
export function until(span: 'week' | 'month' | 'ever', now: number = Date.now()): string | null {
  const days = { week: 7, month: 30, ever: null }[span]
  return days === null ? null : new Date(now + days * 86_400_000).toISOString()
}
