import type { SweepsKey } from './text'
import { zh } from './text/zh'

/** The text of what a try ended in; a cause of a newer platform is shown by its code. */
export function causeKey(cause: string): SweepsKey | null {
  const key = `cause.${cause}`
  return key in zh ? (key as SweepsKey) : null
}

/** Causes, the most frequent first; equals in the order of their codes. */
export function ranked(causes: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(causes).sort(([a, one], [b, other]) => other - one || a.localeCompare(b))
}

/** Part of a whole as a percentage with one digit, never over 100; 0 when there is nothing. */
export const percentOf = (done: number, total: number) => (total === 0 ? 0 : Math.min(100, Math.floor((done / total) * 1000) / 10))
