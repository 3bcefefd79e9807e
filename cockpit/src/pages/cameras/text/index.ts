import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const camerasText = area(zh, en)
export type CamerasKey = keyof typeof zh

/** Word for a code of the vocabulary (`kind.dome`); one the catalogue does not know is shown as it is. */
export const vocabulary = (say: (key: CamerasKey) => string, group: 'kind' | 'sector' | 'place', code: string | null): string => {
  if (!code) return ''
  const key = `${group}.${code}`
  return key in zh ? say(key as CamerasKey) : code
}
