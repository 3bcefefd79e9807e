import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const deploymentsText = area(zh, en)
export type DeploymentsKey = keyof typeof zh
