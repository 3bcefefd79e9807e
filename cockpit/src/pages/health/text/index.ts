import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const healthText = area(zh, en)
export type HealthKey = keyof typeof zh
