import type { Query } from '@/api/client'

/** The filters of the list as they stand in the address: one can be sent to a colleague. */
export interface CaseFilters {
  state: string
  kind: string
  severity: string
  region: string
  q: string
  mine: boolean
  overdue: boolean
}

/** `state` when nothing is said: what somebody still has to do something about. */
export const LIVE = 'live'
export const ALL = 'all'

export const readFilters = (search: URLSearchParams): CaseFilters => ({
  state: search.get('state') ?? LIVE,
  kind: search.get('kind') ?? '',
  severity: search.get('severity') ?? '',
  region: search.get('region') ?? '',
  q: search.get('q') ?? '',
  mine: search.get('mine') === '1',
  overdue: search.get('overdue') === '1',
})

export function writeFilters(filters: CaseFilters): URLSearchParams {
  const search = new URLSearchParams()
  if (filters.state !== LIVE) search.set('state', filters.state)
  for (const name of ['kind', 'severity', 'region', 'q'] as const) if (filters[name] !== '') search.set(name, filters[name])
  for (const name of ['mine', 'overdue'] as const) if (filters[name]) search.set(name, '1')
  return search
}

export const asQuery = ({ state, kind, severity, region, q, mine, overdue }: CaseFilters): Query => ({
  ...(state === LIVE ? { live: true } : state === ALL ? {} : { state }),
  kind, severity, region, q,
  ...(mine ? { mine } : {}),
  ...(overdue ? { overdue } : {}),
})
