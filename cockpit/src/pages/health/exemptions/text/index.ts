import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const exemptionsText = area(zh, en)
export type ExemptionsKey = keyof typeof zh
