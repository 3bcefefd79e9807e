import type { CaseState, Severity } from '@/api/types'
import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const casesText = area(zh, en)
export type CasesKey = keyof typeof zh
type Say = (key: CasesKey, values?: Record<string, string | number>) => string

export const stateName = (say: Say, state: CaseState): string => say(`state.${state}`)
export const severityName = (say: Say, severity: Severity): string => say(`severity.${severity}`)
/** Where a case came from, in words; a source the catalogue does not know is shown as it is. */
export const sourceName = (say: Say, source: string): string => {
  const key = `source.${source}`
  return key in zh ? say(key as CasesKey) : source
}
