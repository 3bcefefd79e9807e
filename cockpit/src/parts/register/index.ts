import { area } from '@/text/core'
import { en } from './text/en'
import { zh } from './text/zh'

export const registerText = area(zh, en)

/** Word for why a viewing ended; a code the catalogue does not know is shown as it is. */
export const endName = (say: (key: keyof typeof zh) => string, reason: string): string => {
  const key = `end.${reason.replace(/^media\./, '')}`
  return key in zh ? say(key as keyof typeof zh) : reason
}
