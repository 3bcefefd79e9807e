import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const visitorsText = area(zh, en)
export type VisitorsKey = keyof typeof zh
