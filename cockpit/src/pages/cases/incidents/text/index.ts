import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const incidentsText = area(zh, en)
export type IncidentsKey = keyof typeof zh
