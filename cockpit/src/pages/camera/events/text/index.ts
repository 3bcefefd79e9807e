import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const eventsText = area(zh, en)
export type EventsKey = keyof typeof zh
