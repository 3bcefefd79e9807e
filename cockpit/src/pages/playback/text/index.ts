import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const playbackText = area(zh, en)
export type PlaybackKey = keyof typeof zh
