import type { SeriesItem } from '@/api/types'
import { isVehicle } from '@/parts/names'

export interface Bucket {
  /** Start of the interval, milliseconds since 1970. */
  start: number
  /** Crossings in plus out; null where nothing was watched. */
  people: number | null
  vehicles: number | null
  /** Share of the interval really watched, best class of each kind, 0..1. */
  coverage: { people: number; vehicles: number }
}

/**
 * Crossings per interval from `from` to `to` (milliseconds), one bucket for each step.
 * An interval without observations stays null: unknown is not zero.
 */
export function buckets(items: readonly SeriesItem[], from: number, to: number, stepSeconds: number): Bucket[] {
  const step = stepSeconds * 1000
  const first = Math.floor(from / step) * step
  const list: Bucket[] = []
  for (let start = first; start < to; start += step) list.push({ start, people: null, vehicles: null, coverage: { people: 0, vehicles: 0 } })
  for (const item of items) {
    const bucket = list[Math.floor((Date.parse(item.start) - first) / step)]
    if (!bucket) continue
    const kind = isVehicle(item.class) ? 'vehicles' : 'people'
    bucket[kind] = (bucket[kind] ?? 0) + item.in + item.out
    bucket.coverage[kind] = Math.max(bucket.coverage[kind], item.coverage)
  }
  return list
}

/** Hours shown at first: enough to fill the chart with what there is since the counting began. */
export function fittingHours(since: string | null | undefined, now: number): 1 | 6 | 24 {
  if (!since) return 1
  const hours = (now - Date.parse(since)) / 3_600_000
  if (hours <= 1.5) return 1
  return hours <= 8 ? 6 : 24
}

/** Interval of the bars for a span, seconds. */
export const STEP: Record<1 | 6 | 24, number> = { 1: 60, 6: 900, 24: 3600 }
