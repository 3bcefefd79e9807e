import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const searchText = area(zh, en)
export type SearchKey = keyof typeof zh
