import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const scenesText = area(zh, en)
export type ScenesKey = keyof typeof zh
