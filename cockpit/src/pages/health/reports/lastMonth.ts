import { ZONE } from '@/text/format'

/** The month before this one in the region's zone, as `2026-10`: the one a report is usually made of. */
export function lastMonth(now: Date): string {
  const [year = 2000, month = 1] = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit' }).format(now).split('-').map(Number)
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`
}
