import { area } from '@/text/core'
import { en } from './en'
import { zh } from './zh'

export const systemText = area(zh, en)
export type SystemKey = keyof typeof zh

/** Word for a coded name (`kind.media`, `process.running`); one the catalogue does not know is shown as it is. */
export const coded = (say: (key: SystemKey) => string, group: 'kind' | 'process', code: string): string => {
  const key = `${group}.${code}`
  return key in zh ? say(key as SystemKey) : code
}
