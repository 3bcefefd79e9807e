import type { Bilingual } from '@/text/core'

export interface Purpose extends Bilingual {
  code: string
  needs_text: boolean
}

export interface View {
  retrieval_id: string
  permit_id: string
  /** The grant it was given under; null in an emergency. */
  grant_id: string | null
  emergency: boolean
  url: string
  /** The same for what is no browser: `hls`, `snapshot`, `rtsp`, `server`, where they are set up. */
  outlets: Record<string, string>
  /** Given when the media node is on another host, where no cookie reaches it. */
  proof: string | null
  open_by: string | null
  expires_at: string
  limits: { mask?: string; resolution?: number; fps?: number; minutes?: number }
  watermark: { viewer: string; at: string }
}

/** One line of the retrieval register. */
export interface Retrieval {
  id: string
  permit_id: string
  grant_id: string | null
  action: 'live' | 'playback' | 'download' | 'snapshot' | 'control'
  emergency: boolean
  footage_from: string | null
  footage_to: string | null
  door: 'retrieval' | 'sharing' | 'trade'
  camera_id: string
  camera_name: string
  region: string
  holder_kind: 'person' | 'system' | 'platform' | 'server'
  holder_id: string | null
  holder_name: string
  organisation: string
  purpose_code: string
  purpose_text: string
  asked_at: string
  opened_at: string | null
  first_frame_at: string | null
  closed_at: string | null
  seconds: number
  bytes: number
  node: string | null
  close_reason: string | null
}

export interface Line {
  id: string
  name: string
  a: [number, number]
  b: [number, number]
  classes: string[]
}

export interface Zone {
  id: string
  name: string
  polygon: [number, number][]
  classes: string[]
}

export interface AnalysisState {
  running: boolean
  worker: string | null
  epoch: number | null
  fps: number | null
  coverage: number | null
  reason: string | null
}

/** A stretch of the day in the region's zone; `end` at or before `begin`: it ends the next day. */
export interface SceneHours {
  begin: string
  end: string
  /** On which it begins, 1 Monday to 7. */
  days: number[]
}

/** One scene on one camera. */
export interface SceneSetup {
  id: string
  scene: string
  name: string
  zones: string[]
  lines: string[]
  /** What differs from the card's defaults. */
  settings: Record<string, number>
  enabled: boolean
  hours: SceneHours[]
  /** Who has put it there for a time; null: it was set up for good. */
  source: string | null
  /** A setup that rests while this one is at work. */
  instead: string | null
}

/** A point of the ground: where it lies in the picture (0..1), and in metres. */
export interface GroundPoint {
  picture: [number, number]
  metres: [number, number]
}

/** What the analysis of a camera should do (edited) and how it goes (`state`, read only). */
export interface Analysis {
  enabled: boolean
  /** Null where the platform's settings decide. */
  model: string | null
  fps: number | null
  lines: Line[]
  zones: Zone[]
  scenes: SceneSetup[]
  ground: GroundPoint[]
  enabled_by: string | null
  state?: AnalysisState | null
}

export interface Kind {
  now: number | null
  in: number
  out: number
  total: number
}

export interface CountsNow {
  as_of: string
  since: string | null
  people: Kind
  vehicles: Kind
  by_class: Record<string, { in: number; out: number }>
  cameras_watched: number
  coverage: number | null
}

export interface SeriesItem {
  start: string
  seconds: number
  class: string
  in: number
  out: number
  occupancy: number | null
  coverage: number
}
