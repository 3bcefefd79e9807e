import type { Process } from '@/api/types'

export interface OwnZone {
  name: string
  address: string
  port: number
  /** Only this machine can reach it. */
  loopback: boolean
}

export interface Own {
  id: string
  domain: string
  zones: OwnZone[]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What a device must be told about us, from what the signalling process says of itself; null when none runs. */
export function ownAddresses(processes: readonly Process[]): Own | null {
  const detail = processes.find((process) => process.kind === 'sip' && process.detail)?.detail
  if (!detail) return null
  const zones = Array.isArray(detail.zones) ? (detail.zones as unknown[]) : []
  const read = zones.flatMap((zone): OwnZone[] => {
    if (typeof zone !== 'object' || zone === null) return []
    const { name, advertised, host, port } = zone as Record<string, unknown>
    const address = text(advertised) || text(host)
    if (!address || typeof port !== 'number') return []
    return [{ name: text(name), address, port, loopback: /^(127\.|::1$|localhost$)/.test(address) }]
  })
  const id = text(detail.id)
  return id && read.length > 0 ? { id, domain: text(detail.domain) || id.slice(0, 10), zones: read } : null
}
