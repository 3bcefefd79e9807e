import type { Query } from '@/api/client'
import type { Health } from '@/api/types'

/** What the list is narrowed to; it lives in the address, so that it can be sent to a colleague. */
export interface Filters {
  region?: string
  health?: Health
  q?: string
  platform?: string
  kind?: string
  sector?: string
  place?: string
  /** A business group, a virtual organisation or a lower platform: its id in the tree of groups. */
  group?: string
  /** A set chosen on the map: its id. */
  selection?: string
  has_source?: boolean
  analysis?: boolean
  demo?: boolean
  archived?: boolean
}

export type Sort = 'name' | 'code' | '-health_at'
export const SORTS: readonly Sort[] = ['name', 'code', '-health_at']

const WORDS = ['region', 'q', 'platform', 'kind', 'sector', 'place', 'group', 'selection'] as const
const SWITCHES = ['has_source', 'analysis', 'demo', 'archived'] as const
const HEALTHS: readonly string[] = ['works', 'bad', 'offline', 'unknown']

/** Reads filters from the address; what is not understood is left out rather than sent on. */
export function readFilters(search: URLSearchParams): Filters {
  const filters: Filters = {}
  for (const key of WORDS) {
    const value = search.get(key)?.trim()
    if (value) filters[key] = value
  }
  const health = search.get('health')
  if (health && HEALTHS.includes(health)) filters.health = health as Health
  for (const key of SWITCHES) {
    const value = search.get(key)
    if (value === 'true' || value === 'false') filters[key] = value === 'true'
  }
  return filters
}

export function writeFilters(filters: Filters, others: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(others)
  for (const key of [...WORDS, ...SWITCHES, 'health'] as const) {
    const value = filters[key]
    if (value === undefined || value === '') search.delete(key)
    else search.set(key, String(value))
  }
  return search
}

/** Filters as the platform takes them; the same for list, map and export, so that all three mean one set. */
export const asQuery = (filters: Filters): Query => ({ ...filters })

/** Filters with one of them set, or left out when `value` is undefined. */
export function withFilter<K extends keyof Filters>(filters: Filters, key: K, value: Filters[K] | undefined): Filters {
  const rest = Object.fromEntries(Object.entries(filters).filter(([name]) => name !== key)) as Filters
  return value === undefined ? rest : { ...rest, [key]: value }
}

export const isEmpty = (filters: Filters): boolean => Object.keys(filters).length === 0
