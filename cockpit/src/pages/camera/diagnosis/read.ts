import type { Diagnosis } from '@/api/types'
import type { Language } from '@/text/core'

/** Whether anything was ever tried with this camera, so that there is something to read. */
export const hasTried = (found: Diagnosis): boolean => found.ladder.length > 0 || found.rtp !== null || found.steps.some((step) => step.state === 'ok' || step.state === 'failed')

export interface Words {
  text: string
  next: string | null
  good: boolean
}

/** The finding in the person's language, and whether it is good news: no step failed and the last one was reached. */
export function finding({ finding: found, steps }: Diagnosis, language: Language): Words {
  const good = steps.at(-1)?.state === 'ok' && steps.every((step) => step.state !== 'failed')
  return { text: found[language], next: found.next[language] || null, good }
}

/** Time between two steps of the ladder, milliseconds; null for the first. */
export const since = (steps: readonly { at: string }[], index: number): number | null => {
  const [now, before] = [steps[index], steps[index - 1]]
  return now && before ? Date.parse(now.at) - Date.parse(before.at) : null
}
