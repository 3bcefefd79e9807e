/** The stretch of time a bar shows, milliseconds. */
export interface Window {
  begin: number
  end: number
}

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** Lengths a bar may show. */
export const LENGTHS = [DAY, 6 * HOUR, HOUR, HOUR / 6] as const

/** A window of `length` around a moment, inside the day that holds it. */
export function around(moment: number, length: number, day: Window): Window {
  const begin = Math.min(Math.max(moment - length / 2, day.begin), day.end - length)
  return { begin: Math.max(begin, day.begin), end: Math.min(begin + length, day.end) }
}

/** Where a moment lies in a window, 0..1; outside it less or more. */
export const shareOf = (moment: number, { begin, end }: Window): number => (moment - begin) / (end - begin)

export const momentOf = (share: number, { begin, end }: Window): number => begin + Math.min(Math.max(share, 0), 1) * (end - begin)

/** Moments to mark on a bar, each a whole step from the day's beginning, at most about a dozen. */
export function ticks(shown: Window, day: Window): number[] {
  const steps = [60_000, 5 * 60_000, 10 * 60_000, 30 * 60_000, HOUR, 2 * HOUR, 3 * HOUR]
  const step = steps.find((one) => (shown.end - shown.begin) / one <= 12) ?? 3 * HOUR
  const first = day.begin + Math.ceil((shown.begin - day.begin) / step) * step
  const found: number[] = []
  for (let at = first; at <= shown.end; at += step) found.push(at)
  return found
}

/** What is marked for an export: two ends in either order. */
export function marked(a: number | null, b: number | null): Window | null {
  return a === null || b === null || a === b ? null : { begin: Math.min(a, b), end: Math.max(a, b) }
}

/** The first moment at or after `moment` that is recorded; null when there is none. */
export function nextRecorded(moment: number, spans: readonly { from: string; to: string }[]): number | null {
  let found: number | null = null
  for (const span of spans) {
    const [from, to] = [Date.parse(span.from), Date.parse(span.to)]
    if (to <= moment) continue
    const at = Math.max(from, moment)
    if (found === null || at < found) found = at
  }
  return found
}
