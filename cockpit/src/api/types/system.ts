import type { Bilingual } from '@/text/core'

export interface Process {
  name: string
  kind: string
  pid: number | null
  state: string
  started_at: string | null
  seen_at: string | null
  detail?: Record<string, unknown> | null
}

export interface Notice extends Bilingual {
  level: 'info' | 'warning' | 'error'
  code: string
}

/** A model card: what it is, where its weights come from, under what licence, and what it cannot do. */
export interface Model {
  name: string
  version?: string
  task?: string
  title?: Bilingual
  labels?: string[]
  licence?: string
  licence_note?: Bilingual
  training_data?: Bilingual
  limits?: Bilingual
  source?: { registry?: string; package?: string; version?: string; bytes?: number; homepage?: string }
  installed?: boolean
}

export interface Disk {
  path?: string
  total_bytes?: number
  free_bytes?: number
}

export interface System {
  version: string
  started_at: string
  processes: Process[]
  database: { version: string; size_bytes: number | null } & Record<string, unknown>
  lake: Record<string, unknown> | null
  models: Model[]
  disk: Disk | null
  notices: Notice[]
}
