import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const computeText = area(zh, en)
export type ComputeKey = keyof typeof zh
