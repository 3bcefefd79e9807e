import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const importsText = area(zh, en)
export type ImportsKey = keyof typeof zh
