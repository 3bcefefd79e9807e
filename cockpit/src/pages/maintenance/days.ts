import { ZONE } from '@/text/format'

/** Today in the region's zone, as `YYYY-MM-DD`, moved by so many days. */
export function dayFromToday(days = 0, now = new Date()): string {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(now)
  const moved = new Date(`${day}T00:00:00Z`)
  moved.setUTCDate(moved.getUTCDate() + days)
  return moved.toISOString().slice(0, 10)
}

/** A moment so many hours after another one. */
export const hoursAfter = (moment: Date, hours: number): Date => new Date(moment.getTime() + hours * 3_600_000)
