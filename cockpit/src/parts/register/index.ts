import { area } from '@/text/core'
import { en } from './text/en'
import { zh } from './text/zh'

export const registerText = area(zh, en)
