import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const sweepsText = area(zh, en)
export type SweepsKey = keyof typeof zh
