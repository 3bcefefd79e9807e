import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const firmText = area(zh, en)
export type FirmKey = keyof typeof zh
export type SayFirm = (key: FirmKey, values?: Record<string, string | number>) => string

/** A step of an order's history in words; one the catalogue does not know is shown as it is. */
export const stepName = (say: SayFirm, action: string): string => {
  const key = `step.${action}`
  return key in zh ? say(key as FirmKey) : action
}
