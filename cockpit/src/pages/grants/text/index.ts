import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const grantsText = area(zh, en)
export type GrantsKey = keyof typeof zh
