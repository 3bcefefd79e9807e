import type { Diagnosis } from '@/api/types'
import type { Language } from '@/text/core'

/** Whether anything was ever tried with this camera, so that there is something to read. */
export const hasTried = (found: Diagnosis): boolean => found.ladder.length > 0 || found.rtp !== null || found.steps.some((step) => step.state === 'ok' || step.state === 'failed')

export interface Words {
  text: string
  next: string | null
  tone: 'success' | 'error' | 'info'
}

/** The finding in the person's language, and what kind of news it is: a step failed, the last one was reached, or nobody knows yet. */
export function finding({ finding: found, steps }: Diagnosis, language: Language): Words {
  const tone = steps.some((step) => step.state === 'failed') ? 'error' : steps.at(-1)?.state === 'ok' ? 'success' : 'info'
  return { text: found[language], next: found.next[language] || null, tone }
}

/** Time between two steps of the ladder, milliseconds; null for the first. */
export const since = (steps: readonly { at: string }[], index: number): number | null => {
  const [now, before] = [steps[index], steps[index - 1]]
  return now && before ? Date.parse(now.at) - Date.parse(before.at) : null
}
