import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const loginText = area(zh, en)
export type LoginKey = keyof typeof zh

/** What a refused sign-in with a provider says; a code the catalogue does not know is shown as it is. */
export const refusalKey = (code: string): LoginKey => {
  const key = `refused.${code}`
  return key in zh ? (key as LoginKey) : 'refused.other'
}
