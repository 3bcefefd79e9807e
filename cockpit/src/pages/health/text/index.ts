import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const healthText = area(zh, en)
export type HealthKey = keyof typeof zh

/** What cameras share (`switch`, `line`), in words; one the catalogue does not know is shown as it is. */
export const thingWord = (say: (key: HealthKey) => string, by: string): string => {
  const key = `thing.${by}`
  return key in zh ? say(key as HealthKey) : by
}
