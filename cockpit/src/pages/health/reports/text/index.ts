import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const reportsText = area(zh, en)
export type ReportsKey = keyof typeof zh
