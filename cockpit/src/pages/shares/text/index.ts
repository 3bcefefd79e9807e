import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const sharesText = area(zh, en)
export type SharesKey = keyof typeof zh

/** Why it is not registered, in words that say what to do; one the catalogue does not know is shown as it is. */
export const problemWord = (say: (key: SharesKey) => string, code: string): string => {
  const key = `problem.${code}`
  return key in zh ? say(key as SharesKey) : code
}
