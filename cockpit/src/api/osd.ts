import { useQuery } from '@tanstack/react-query'
import { call, get } from './client'

export type Box = [left: number, top: number, right: number, bottom: number]

export interface OsdLine {
  part: 'clock' | 'label' | 'other'
  text: string
  confidence: number
  /** Shares of the picture. */
  box: Box
}

export interface OsdReading {
  at: string
  state: 'clock' | 'text' | 'nothing'
  shown: string | null
  date_known: boolean | null
  /** Seconds, camera minus true time, and how far that may be off. */
  difference: number | null
  error: number | null
  hint: 'zone' | 'half_day' | 'reset' | null
  label: string
  likeness: number | null
  named: string
  lines: OsdLine[]
  clock_at: string | null
}

export interface Osd {
  able: boolean
  models: string[]
  names: string[]
  clock_bar: number
  label_bar: number
  reading: OsdReading | null
  figures: {
    measured: string
    pictures: number
    clocks_read: number
    clocks_wrong: number
    labels_named: number
    milliseconds_first: number
    milliseconds: number
  } | null
}

export type ReferenceState = 'none' | 'waiting' | 'building' | 'ready' | 'plain' | 'unsteady' | 'turning'

export interface Reference {
  phase: 'day' | 'night'
  state: ReferenceState
  version: number
  looks: number
  made_at: string
  updated_at: string
  person: string
  note: string
  seen: { at: string; alike: number; shift: [number, number] | null; lost: number | null; gained: number | null; heat: number[] | null } | null
}

export interface References {
  state: ReferenceState
  needed: number
  rows: number
  columns: number
  items: Reference[]
  can_undo: boolean
}

export const useOsd = (id: string) =>
  useQuery({ queryKey: ['camera-osd', id], queryFn: ({ signal }) => get<Osd>(`/cameras/${id}/osd`, undefined, signal) })

export const useReferences = (id: string) =>
  useQuery({ queryKey: ['camera-references', id], queryFn: ({ signal }) => get<References>(`/cameras/${id}/references`, undefined, signal) })

/** What is read anew after a reference was replaced. */
export const REPLACED = ['camera-references', 'camera-findings'] as const

export const takeReference = (id: string, note: string) => call<References>('POST', `/cameras/${id}/references`, { body: { note } })

export const undoReference = (id: string) => call<References>('POST', `/cameras/${id}/references/undo`)
