import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const maintenanceText = area(zh, en)
export type MaintenanceKey = keyof typeof zh
