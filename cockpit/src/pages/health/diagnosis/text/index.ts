import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const diagnosisText = area(zh, en)
export type DiagnosisKey = keyof typeof zh
