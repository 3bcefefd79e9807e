import { useQuery } from '@tanstack/react-query'
import { call, get } from './client'
import type { List } from './types'

const SECOND = 1000

export interface Gate {
  camera: string
  line: string
  /** Which of the line's directions leads into the area. */
  inward: 'in' | 'out'
}

export interface VisitorAreaBody {
  name: string
  region: string
  capacity: number
  /** Share of the capacity from which there is a warning. */
  warn: number
  /** Minutes after local midnight at which nobody is inside; null: never empty. */
  zero: number | null
  timezone: string
  gates: Gate[]
}

export interface VisitorArea extends VisitorAreaBody {
  id: string
  etag: string
  level: 'calm' | 'warning' | 'alarm'
  balance: number
  drift: number
  now: { at: string; inside: number; error: number; share: number; coverage: number; settled: boolean } | null
}

export interface CurvePoint {
  start: string
  seconds: number
  inside: number
  most: number
  error: number
  coverage: number
  in: number
  out: number
}

export interface KnownCount {
  at: string
  kind: 'empty' | 'count'
  count: number
  thought: number | null
  by: string
  note: string
}

export interface DrawnGate {
  camera: string
  camera_name: string
  line: string
  line_name: string
}

/** Areas with a capacity, by name. */
export const useVisitorAreas = () =>
  useQuery({
    queryKey: ['visitor-areas'],
    queryFn: ({ signal }) => get<List<VisitorArea>>('/visitor-areas', { limit: 100 }, signal),
    refetchInterval: 20 * SECOND,
  })

/** How many were inside, and the counts that correct it. */
export const useVisitorCurve = (id: string, hours: number) =>
  useQuery({
    queryKey: ['visitor-areas', id, hours],
    queryFn: ({ signal }) => get<{ items: CurvePoint[]; counts: KnownCount[] }>(`/visitor-areas/${id}/curve`, { hours }, signal),
    refetchInterval: 60 * SECOND,
  })

/** Lines that may be gates. */
export const useDrawnGates = () =>
  useQuery({ queryKey: ['visitor-gates'], queryFn: ({ signal }) => get<List<DrawnGate>>('/visitor-gates', {}, signal) })

export const saveVisitorArea = (before: VisitorArea | null, body: VisitorAreaBody) =>
  before
    ? call('PUT', `/visitor-areas/${before.id}`, { body, ifMatch: before.etag })
    : call('POST', '/visitor-areas', { body })

export const giveUpVisitorArea = (area: VisitorArea) => call('DELETE', `/visitor-areas/${area.id}`, { ifMatch: area.etag })

export const enterCount = (id: string, count: number, note: string) =>
  call('POST', `/visitor-areas/${id}/counts`, { body: { count, note } })
