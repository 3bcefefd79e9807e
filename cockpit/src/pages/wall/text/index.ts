import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const wallText = area(zh, en)
export type WallKey = keyof typeof zh
