import type { Place } from '@/parts/map/shapes'
import type { RegionName } from './access'
import type { Health } from './cameras'

/** Where a camera would stand and look; degrees from north, degrees wide, metres far. */
export interface PlannedField {
  point: Place
  direction: number
  field_angle: number
  view_distance: number
}

/** What one existing camera sees of a planned field. */
export interface Overlap {
  id: string
  code: string
  name: string
  health: Health
  point: Place
  metres: number
  bearing: number
  share: number
  sees_point: boolean
  /** Its field is on file; otherwise parts of it are assumed. */
  known: boolean
  duplicate: boolean
  field: Place[]
}

export interface Coverage {
  area: number
  seen: number
  working: number
  assumed: number
  unknown: number
  duplicates: number
  cameras: Overlap[]
  field: Place[]
  finding: { code: string; message: string }
  assumptions: string
}

export interface Blind {
  cells: number
  cell_metres: number
  seen: number
  working: number
  assumed: number
  twice: number
  cameras: number
  unknown: number
  blind: Place[]
  truncated: boolean
  assumptions: string
}

export type PlannedState = 'planned' | 'built' | 'saved' | 'withdrawn'

export interface PlannedPoint extends PlannedField {
  id: string
  name: string
  region: RegionName
  state: PlannedState
  /** Estimate, yuan. */
  cost: number | null
  note: string
  by: string
  organisation: string
  created_at: string
  decided_at: string | null
  decided_by: string | null
  reason: string | null
}

export interface Savings {
  items: PlannedPoint[]
  next: string | null
  points: number
  priced: number
  cost: number
}
