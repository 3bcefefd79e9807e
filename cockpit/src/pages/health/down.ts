import type { Behind, Indicator, Scope } from '@/api/health'

/** The cameras behind a figure: by the filters of the list where these tell it, else as a selection made on the way. */
export function behind(of: Scope, indicator: string, which: Behind, orders?: number): string {
  const search = new URLSearchParams({ indicator, which, kind: of.kind, region: of.region })
  if (of.scope) search.set('scope', of.scope)
  if (orders !== undefined) search.set('orders', String(orders))
  return `/health/behind?${search.toString()}`
}

export function downTo(item: Indicator, region: string, of: Scope = { kind: 'region', scope: '', region }): string | undefined {
  if (item.denominator === 0) return item.unknown > 0 && item.unit === 'camera' ? behind(of, item.code, 'unknown') : undefined
  // Cameras counted hour by hour are not told apart.
  if (item.unit === 'hour') return undefined
  if (of.kind === 'region' && Object.keys(item.down).length > 0) return `/cameras?${new URLSearchParams({ region, ...item.down }).toString()}`
  return behind(of, item.code, 'lacking')
}
