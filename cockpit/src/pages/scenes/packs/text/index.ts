import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const packsText = area(zh, en)
export type PacksKey = keyof typeof zh
