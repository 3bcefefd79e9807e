import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const trainingText = area(zh, en)
export type TrainingKey = keyof typeof zh
