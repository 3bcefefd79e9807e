import type { Trend, TrendPoint } from '@/api/health'

const DAY_MS = 86_400_000

/** Every day of the span with its point; null where nothing was counted. */
export function days({ first, last, items }: Pick<Trend, 'first' | 'last' | 'items'>): [string, TrendPoint | null][] {
  const points = new Map(items.map((point) => [point.day, point]))
  const list: [string, TrendPoint | null][] = []
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10)
    list.push([day, points.get(day) ?? null])
  }
  return list
}

/** Where the axis begins: low enough for every point and bar, in whole tenths, so that small moves are seen. */
export function floor({ aim, items }: Pick<Trend, 'aim' | 'items'>): number {
  const values = items.map((point) => point.value).filter((value) => value !== null)
  const least = Math.min(...values, aim ?? 1, 0.9)
  return Math.max(0, Math.floor(least * 10 - 1e-9) / 10)
}
