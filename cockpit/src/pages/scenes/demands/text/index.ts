import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const demandsText = area(zh, en)
export type DemandsKey = keyof typeof zh
