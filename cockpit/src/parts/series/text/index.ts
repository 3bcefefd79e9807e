import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const seriesText = area(zh, en)
