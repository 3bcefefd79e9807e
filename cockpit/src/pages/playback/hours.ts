import type { Period } from '@/api/recordings'

export const HOURS_A_DAY = 24
export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const
const MINUTES = 60

/** A week as cells, Monday first: whether each hour is recorded. Periods that cut an hour count for the whole of it. */
export function cells(hours: readonly (readonly Period[])[]): boolean[][] {
  return DAYS.map((day) =>
    Array.from({ length: HOURS_A_DAY }, (_, hour) => (hours[day] ?? []).some(([from, to]) => from < (hour + 1) * MINUTES && to > hour * MINUTES)),
  )
}

/** The same as periods, neighbours joined. */
export function periods(week: readonly (readonly boolean[])[]): Period[][] {
  return week.map((day) => {
    const found: Period[] = []
    day.forEach((on, hour) => {
      if (!on) return
      const last = found.at(-1)
      if (last && last[1] === hour * MINUTES) last[1] = (hour + 1) * MINUTES
      else found.push([hour * MINUTES, (hour + 1) * MINUTES])
    })
    return found
  })
}

/** A rectangle of cells turned on or off. */
export function painted(week: readonly (readonly boolean[])[], a: readonly [number, number], b: readonly [number, number], on: boolean): boolean[][] {
  const inside = (value: number, one: number, other: number) => value >= Math.min(one, other) && value <= Math.max(one, other)
  return week.map((day, row) => day.map((was, column) => (inside(row, a[0], b[0]) && inside(column, a[1], b[1]) ? on : was)))
}

export const ALWAYS: Period[][] = DAYS.map(() => [[0, HOURS_A_DAY * MINUTES]])

/** Hours of a week that are recorded. */
export const hoursOf = (hours: readonly (readonly Period[])[]): number => hours.flat().reduce((sum, [from, to]) => sum + to - from, 0) / MINUTES
