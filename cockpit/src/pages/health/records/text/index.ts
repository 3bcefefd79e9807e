import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const recordsText = area(zh, en)
export type RecordsKey = keyof typeof zh
