import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const liveText = area(zh, en)
export type LiveKey = keyof typeof zh
