import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const planningText = area(zh, en)
export type PlanningKey = keyof typeof zh
