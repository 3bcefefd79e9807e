/** A new case at a camera, as the live topic `cases` tells it. */
export interface Alarm {
  id: string
  number: number
  camera: string
  /** 1 the gravest .. 4 */
  severity: number
  title: { zh: string; en: string }
  place: string
  /** What the device or the person said. */
  words: string
  at: string
}

/** Shown at a time; a storm of cases must not cover the wall. */
export const SHOWN_MOST = 3
/** Kept behind them; the older and lesser ones go, and are found on the page of cases. */
export const KEPT_MOST = 50
/** So long one stays that nobody answers. */
export const STAY_MS = 60_000

/** The new cases at cameras in one message; what is not understood is left out. */
export function readAlarms(data: unknown): Alarm[] {
  if (typeof data !== 'object' || data === null || !('changes' in data) || !Array.isArray(data.changes)) return []
  return data.changes.flatMap((one: unknown): Alarm[] => {
    if (typeof one !== 'object' || one === null) return []
    const { type, case: id, number, camera, severity, title, title_en: english, place, words, at } = one as Record<string, unknown>
    if (type !== 'opened' || typeof id !== 'string' || typeof camera !== 'string' || typeof number !== 'number') return []
    const zh = typeof title === 'string' ? title : ''
    return [{
      id, number, camera,
      severity: typeof severity === 'number' ? severity : 4,
      title: { zh, en: typeof english === 'string' ? english : zh },
      place: typeof place === 'string' ? place : '',
      words: typeof words === 'string' ? words : '',
      at: typeof at === 'string' ? at : '',
    }]
  })
}

export interface Waiting {
  alarm: Alarm
  /** When it came, milliseconds. */
  since: number
}

/** What waits, with new ones: each case once, the gravest first and among equals the newest, bounded. */
export function join(waiting: readonly Waiting[], alarms: readonly Alarm[], now: number): Waiting[] {
  const known = new Set(waiting.map(({ alarm }) => alarm.id))
  const fresh = alarms.filter(({ id }) => !known.has(id)).map((alarm) => ({ alarm, since: now }))
  return [...waiting, ...fresh].sort((a, b) => a.alarm.severity - b.alarm.severity || b.since - a.since || b.alarm.number - a.alarm.number).slice(0, KEPT_MOST)
}

/** What still waits. */
export const stay = (waiting: readonly Waiting[], now: number): readonly Waiting[] => {
  const left = waiting.filter(({ since }) => now - since < STAY_MS)
  return left.length === waiting.length ? waiting : left
}
