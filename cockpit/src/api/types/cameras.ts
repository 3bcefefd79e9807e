import type { RegionName } from './access'

export type Health = 'unknown' | 'works' | 'bad' | 'offline'
/** Position in this list is the code the map's points carry. */
export const HEALTH_BY_CODE: readonly Health[] = ['unknown', 'works', 'bad', 'offline']

export interface CameraItem {
  id: string
  code: string | null
  name: string
  region: RegionName | null
  address: string | null
  platform: { id: string; name: string } | null
  organisation: string | null
  kind: string | null
  sector: string | null
  /** Kind of place. */
  place: string | null
  /** [lon, lat], WGS-84 */
  point: [number, number] | null
  health: Health
  health_at: string | null
  has_source: boolean
  analysis: boolean
  demo: boolean
}

export interface Probe {
  at: string
  reachable: boolean
  answered: boolean
  first_frame: boolean
  milliseconds: number | null
  codec: string | null
  width: number | null
  height: number | null
  error: string | null
  fps?: number | null
  kbps?: number | null
  keyframe_seconds?: number | null
  /** Seconds, the device's clock minus ours. */
  clock_difference?: number | null
  connect_ms?: number | null
  answer_ms?: number | null
  first_frame_ms?: number | null
  stream?: 'main' | 'sub' | null
}

export interface Camera extends CameraItem {
  path?: RegionName[]
  source: { protocol: string; url: string; username: string | null } | null
  last_probe?: Probe | null
  /** Where it looks, degrees clockwise from north. */
  direction?: number | null
  /** Horizontal field of view, degrees. */
  field_angle?: number | null
  /** How far it sees, metres. */
  view_distance?: number | null
  /** Coordinate system the place was given in, and the coordinates as given. */
  system?: 'WGS-84' | 'GCJ-02' | 'BD-09'
  original?: [number, number] | null
  /** Fields of the file without a place of their own, by code. */
  file?: Record<string, string>
  archived_at?: string | null
  created_at?: string
  updated_at?: string
}

export interface CameraPage {
  items: CameraItem[]
  next: string | null
  total: number | { atLeast: number }
}

export interface HealthSummary {
  total: number
  works: number
  bad: number
  offline: number
  unknown: number
}

export interface TreeNode extends HealthSummary {
  code: string
  name: string
  level: number
  children: number
}

/** A lower platform, a business group or a virtual organisation with all cameras in it and below, by health. */
export interface GroupNode extends HealthSummary {
  id: string
  name: string
  kind: 'source' | 'group' | 'organisation'
  children: number
}

export interface DensityMap {
  mode: 'density'
  resolution: number
  /** [H3 cell, total, works, bad, offline, unknown] */
  cells: [string, number, number, number, number, number][]
}

export interface PointMap {
  mode: 'points'
  /** [lon, lat, health code, id] */
  points: [number, number, number, string][]
  truncated: boolean
}

export type CameraMap = DensityMap | PointMap

export interface CityProperties {
  code: string
  name: string
  centre: [number, number]
}

export interface Boundaries {
  type: 'FeatureCollection'
  features: { type: 'Feature'; id?: string; properties: CityProperties; geometry: GeoJSON.Geometry }[]
  notice?: string | { zh: string; en: string }
}
