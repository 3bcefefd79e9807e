import { call, get, type Query } from './client'
import type { CameraItem, HealthSummary } from './types'

export interface NearCamera extends CameraItem {
  metres: number
  /** From the point to the camera, degrees clockwise from north. */
  bearing: number
}

export interface BesideCamera extends CameraItem {
  /** Metres along the route to the place nearest to it. */
  along: number
  metres: number
}

export const selectInside = async (filters: Query, polygon: GeoJSON.Polygon) =>
  (await call<{ items: string[]; counts: HealthSummary }>('POST', '/cameras/select', { query: { ...filters, limit: 1000 }, body: { polygon } })).data

export const nearestTo = (filters: Query, [lon, lat]: readonly [number, number]) =>
  get<{ items: NearCamera[] }>('/cameras/nearest', { ...filters, lon: lon.toFixed(6), lat: lat.toFixed(6), limit: 20 })

export const alongRoute = async (filters: Query, line: GeoJSON.LineString, metres: number) =>
  (await call<{ items: BesideCamera[]; counts: HealthSummary; length: number; next: string | null }>('POST', '/cameras/along', { query: { ...filters, limit: 100 }, body: { line, metres } })).data

/** A set of cameras that is kept for a week; `selection` in a query means its members. */
export interface KeptSelection {
  id: string
  total: number
  made_at: string
  expires_at: string
}

export type SelectionShape = { polygon: GeoJSON.Polygon } | { line: GeoJSON.LineString; metres: number } | { cameras: readonly string[] }

export const keepSelection = async (filters: Query, shape: SelectionShape) =>
  (await call<KeptSelection>('POST', '/cameras/selections', { query: filters, body: shape })).data

export const keptSelection = (id: string, signal?: AbortSignal) => get<KeptSelection>(`/cameras/selections/${encodeURIComponent(id)}`, undefined, signal)
