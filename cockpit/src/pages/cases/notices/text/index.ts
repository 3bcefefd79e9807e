import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const noticesText = area(zh, en)
export type NoticesKey = keyof typeof zh
