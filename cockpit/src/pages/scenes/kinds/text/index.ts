import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const kindsText = area(zh, en)
export type KindsKey = keyof typeof zh
