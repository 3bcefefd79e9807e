import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const osdText = area(zh, en)
