import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const fileText = area(zh, en)
export type FileKey = keyof typeof zh
