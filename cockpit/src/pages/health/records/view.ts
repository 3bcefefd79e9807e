import type { Query } from '@/api/client'
import type { Severity } from '@/api/records'

export const PARTS = ['overview', 'findings', 'proposals', 'repairs', 'rules', 'standard'] as const
export type Part = (typeof PARTS)[number]

/** What the page shows, as it stands in its address. */
export interface View {
  part: Part
  region: string
  unit: string
  maintenance: string
  platform: string
  rule: string
  field: string
  severity: Severity | ''
}

const NAMES = ['unit', 'maintenance', 'platform', 'rule', 'field', 'severity'] as const

export function readView(search: URLSearchParams, home: string): View {
  const part = search.get('part')
  const said = Object.fromEntries(NAMES.map((name) => [name, search.get(name) ?? '']))
  return { ...(said as Omit<View, 'part' | 'region'>), part: PARTS.find((one) => one === part) ?? 'overview', region: search.get('region') ?? home }
}

export function writeView(view: View, home: string): URLSearchParams {
  const search = new URLSearchParams()
  if (view.part !== 'overview') search.set('part', view.part)
  if (view.region !== home) search.set('region', view.region)
  for (const name of NAMES) if (view[name]) search.set(name, view[name])
  return search
}

/** The scope alone, for figures and leagues. */
export const scopeOf = (view: View): Query => ({ region: view.region, unit: view.unit, maintenance: view.maintenance, platform: view.platform })

/** Everything that narrows a list of findings. */
export const findingsOf = (view: View): Query => ({ ...scopeOf(view), rule: view.rule, field: view.field, severity: view.severity })

/** A share, null where nothing is counted: never a zero. */
export const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)
