import type { Diagnosis } from '@/api/types'
import type { Language } from '@/text/core'

/** Whether anything was ever tried with this camera, so that there is something to read. */
export const hasTried = (found: Diagnosis): boolean => found.steps.length > 0 || found.ladder.length > 0 || (found.rtp?.packets ?? 0) > 0

export interface Words {
  text: string
  next: string | null
  good: boolean
}

/** The finding in the person's language; a code the page was sent no words for is shown as it is. */
export function finding({ finding: found }: Diagnosis, language: Language): Words | null {
  if (!found) return null
  const next = typeof found.next === 'object' && found.next !== null ? found.next[language] : (found.next ?? null)
  return { text: found[language] || found.code, next: next || null, good: /(^|\.)(ok|plays|works)$/.test(found.code) }
}

/** Time between two steps of the ladder, milliseconds; null for the first. */
export const since = (steps: readonly { at: string }[], index: number): number | null => {
  const [now, before] = [steps[index], steps[index - 1]]
  return now && before ? Date.parse(now.at) - Date.parse(before.at) : null
}
