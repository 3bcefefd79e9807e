import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const gatherText = area(zh, en)
export type GatherKey = keyof typeof zh

/** Word for a version of the standard; one the catalogue does not know is shown as it is. */
export const versionName = (say: (key: GatherKey) => string, version: string | null): string => {
  if (!version) return ''
  const key = `version.${version}`
  return key in zh ? say(key as GatherKey) : version
}
