import { ZONE } from '@/text/format'

/** Midnight of the region's day, as RFC 3339. China keeps one zone without summer time. */
export function startOfDay(now: Date): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(now)
  return `${day}T00:00:00+08:00`
}

/** A day of the region's zone as the moment it begins (or, with `end`, the moment after it); undefined for no day. */
export function dayEdge(day: string, end: boolean): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined
  const start = new Date(`${day}T00:00:00+08:00`)
  if (end) start.setUTCDate(start.getUTCDate() + 1)
  return start.toISOString()
}
