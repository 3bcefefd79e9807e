import { SCOPE_KINDS, type Scope, type ScopeKind } from '@/api/health'

export const PARTS = ['league', 'trend', 'whatif'] as const
export type Part = (typeof PARTS)[number]

/** What the overview shows; kept in the address, so that it can be passed on. */
export interface View extends Scope {
  part: Part
  /** The indicator that the parts below are about. */
  by: string
  /** What the league table is of. */
  of: ScopeKind
}

const known = <T extends string>(value: string | null, among: readonly T[], otherwise: T): T => among.find((one) => one === value) ?? otherwise

export function readView(search: URLSearchParams, home: string): View {
  const region = search.get('region')
  return {
    region: region && /^\d{2,12}$/.test(region) ? region : home,
    kind: known(search.get('kind'), SCOPE_KINDS, 'region'),
    scope: search.get('scope') ?? '',
    part: known(search.get('part'), PARTS, 'league'),
    by: search.get('by') ?? 'playable',
    of: known(search.get('of'), SCOPE_KINDS, 'region'),
  }
}

export function writeView(view: View, home: string): URLSearchParams {
  const search = new URLSearchParams()
  const usual: Partial<Record<keyof View, string>> = { region: home, kind: 'region', scope: '', part: 'league', by: 'playable', of: 'region' }
  for (const [name, value] of Object.entries(view)) {
    if (value !== usual[name as keyof View]) search.set(name, String(value))
  }
  return search
}

export const scopeOf = ({ kind, scope, region }: View): Scope => ({ kind, scope, region })
