import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const deviceText = area(zh, en)
export type DeviceKey = keyof typeof zh
