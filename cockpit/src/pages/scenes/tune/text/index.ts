import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const tuneText = area(zh, en)
export type TuneKey = keyof typeof zh
