import type { Pool, Tier } from '@/api/compute'
import type { Format } from '@/text/format'
import type { Language } from '@/text/core'

type Say = (key: 'every' | 'every.many' | 'every.none' | 'common', values?: Record<string, string>) => string

/** "every 10 s", "5 pictures a second": how often a camera of this tier is looked at. */
export function pace(say: Say, f: Format, every: number): string {
  if (every <= 0) return say('every.none')
  return every < 1 ? say('every.many', { n: f.number(1 / every) }) : say('every', { n: f.number(every) })
}

/** A tier's word; its code where nobody knows it. */
export function tierWord(tiers: readonly Tier[], code: string | null, language: Language): string {
  const tier = tiers.find((one) => one.code === code)
  return tier ? tier[language] : (code ?? '—')
}

/** A pool's name as people say it. */
export function poolWord(pools: readonly Pool[], name: string, say: Say): string {
  return name === '' ? say('common') : (pools.find((one) => one.name === name)?.label ?? name)
}
