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

const known = (say: (key: GatherKey) => string, group: string, code: string): string => {
  const key = `${group}.${code}`
  return key in zh ? say(key as GatherKey) : code
}

/** Why a device is offline, in words. */
export const offlineWord = (say: (key: GatherKey) => string, reason: string): string => known(say, 'offline', reason)
/** Why a registration was turned away, in words that say what to do. */
export const refusedWord = (say: (key: GatherKey) => string, why: string): string => known(say, 'refused', why)
