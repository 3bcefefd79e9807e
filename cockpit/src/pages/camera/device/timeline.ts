export interface Span {
  start: string
  end: string
}

export interface Stretch {
  /** Shares of the day, 0..1. */
  from: number
  to: number
}

const DAY_MS = 86_400_000

/** Recorded times as stretches of one day, joined where they touch; what lies outside the day is cut off. `dayStart`: RFC 3339. */
export function stretches(spans: readonly Span[], dayStart: string): Stretch[] {
  const zero = Date.parse(dayStart)
  const cut = (time: string) => Math.min(1, Math.max(0, (Date.parse(time) - zero) / DAY_MS))
  const list = spans
    .map(({ start, end }) => ({ from: cut(start), to: cut(end) }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from)
  const joined: Stretch[] = []
  for (const one of list) {
    const last = joined.at(-1)
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to)
    else joined.push({ ...one })
  }
  return joined
}
