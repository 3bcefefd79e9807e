import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const partsText = area(zh, en)
export type PartsKey = keyof typeof zh
