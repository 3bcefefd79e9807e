import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const assessmentText = area(zh, en)
export type AssessmentKey = keyof typeof zh
