import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Bilingual } from '@/text/core'
import { call, get, type Query } from './client'
import type { List } from './types'

export type Action = 'live' | 'playback' | 'download' | 'snapshot' | 'control'
export const ACTIONS: readonly Action[] = ['live', 'playback', 'snapshot', 'download', 'control']
export type MaskName = 'faces_plates' | 'faces' | 'plates'

/** A choice of cameras: those in any of the regions, groups, the polygon, or named; narrowed by tags. */
export interface CameraChoice {
  everything?: boolean
  regions?: string[]
  groups?: { source: string; code: string }[]
  tags?: string[]
  polygon?: GeoJSON.Polygon | GeoJSON.MultiPolygon
  cameras?: string[]
}

export interface Hours {
  from: string
  to: string
  /** 1 is Monday. */
  days: number[]
}

export interface Limits {
  mask?: MaskName
  resolution?: number
  fps?: number
  minutes?: number
}

export interface Grant {
  id: string
  holder_kind: 'person' | 'organisation' | 'role'
  holder: string
  holder_name: string
  cameras: CameraChoice
  scope: string[]
  actions: Action[]
  purposes: string[]
  hours: (Hours & { zone: string }) | null
  starts_at: string
  expires_at: string | null
  limits: Limits
  basis: string
  built_in: boolean
  granted_by_name: string
  granted_at: string
  revoked_at: string | null
  revoked_by_name: string | null
  revoked_reason: string | null
  state: 'running' | 'coming' | 'expired' | 'revoked'
}

export interface GrantDetail extends Grant {
  /** What a revocation would cut now. */
  running_permits: number
  counted: number
  names: string[]
}

export interface GrantRequest {
  id: string
  person_id: string
  person_name: string
  organisation: string
  cameras: CameraChoice
  actions: Action[]
  purposes: string[]
  hours: (Hours & { zone: string }) | null
  starts_at: string
  expires_at: string
  masked: boolean
  reason: string
  asked_at: string
  state: 'asked' | 'approved' | 'refused' | 'withdrawn'
  decided_at: string | null
  decided_by_name: string | null
  decided_words: string | null
  grant_id: string | null
}

export interface Counted {
  cameras: number
  names: string[]
}

export interface RequestPreview {
  asked: Counted
  /** Those of them within the approver's regions. */
  given: Counted
  overlaps: { grant: Grant; cameras: number }[]
}

export interface Emergency {
  id: string
  permit_id: string
  person_id: string
  person_name: string
  organisation: string
  action: Action
  camera_ids: string[]
  camera_names: string[]
  reason: string
  opened_at: string
  due_at: string
  escalated_at: string | null
  state: 'pending' | 'justified' | 'unjustified'
  reviewed_at: string | null
  reviewed_by_name: string | null
  words: string | null
}

export interface Candidate {
  kind: Grant['holder_kind']
  holder: string
  name: string
  organisation: string
}

export interface Mask {
  name: MaskName
  title: Bilingual
  installed: boolean
  recall: { value: number; low: number; high: number; n: number } | null
  least_height_px: number | null
  false_per_frame: number | null
  measured_on: string | null
  frames: number | null
  note: Bilingual
}

const SOON = 15_000

export const useMyGrants = () =>
  useQuery({ queryKey: ['grants', 'mine'], queryFn: ({ signal }) => get<List<Grant>>('/grants/mine', undefined, signal) })

export const useMyRequests = (after?: string) =>
  useQuery({
    queryKey: ['grant-requests', 'mine', after],
    queryFn: ({ signal }) => get<List<GrantRequest>>('/grant-requests/mine', { after, limit: 50 }, signal),
    // Somebody else decides.
    refetchInterval: SOON,
    placeholderData: keepPreviousData,
  })

export const useMyEmergencies = (enabled: boolean) =>
  useQuery({
    queryKey: ['emergencies', 'mine'],
    queryFn: ({ signal }) => get<List<Emergency>>('/emergencies/mine', { limit: 20 }, signal),
    enabled,
  })

export const useGrants = (query: Query) =>
  useQuery({ queryKey: ['grants', 'all', query], queryFn: ({ signal }) => get<List<Grant>>('/grants', query, signal), placeholderData: keepPreviousData })

export const useGrant = (id: string | null) =>
  useQuery({ queryKey: ['grants', 'one', id], queryFn: ({ signal }) => call<GrantDetail>('GET', `/grants/${id ?? ''}`, { signal }), enabled: id !== null })

export const useRequests = (query: Query) =>
  useQuery({
    queryKey: ['grant-requests', 'desk', query],
    queryFn: ({ signal }) => get<List<GrantRequest>>('/grant-requests', query, signal),
    refetchInterval: SOON,
    placeholderData: keepPreviousData,
  })

export const usePreview = (id: string) =>
  useQuery({ queryKey: ['grant-requests', 'preview', id], queryFn: ({ signal }) => call<RequestPreview>('GET', `/grant-requests/${id}/preview`, { signal }) })

export const useEmergencies = (query: Query) =>
  useQuery({
    queryKey: ['emergencies', 'desk', query],
    queryFn: ({ signal }) => get<List<Emergency>>('/emergencies', query, signal),
    refetchInterval: SOON,
    placeholderData: keepPreviousData,
  })

export const useWaiting = (enabled: boolean) =>
  useQuery({
    queryKey: ['grant-requests', 'waiting'],
    queryFn: ({ signal }) => get<{ requests: number; emergencies: number; overdue: number }>('/grant-requests/waiting', undefined, signal),
    refetchInterval: SOON,
    enabled,
  })

export const useCandidates = (q: string) =>
  useQuery({ queryKey: ['grant-candidates', q], queryFn: ({ signal }) => get<List<Candidate>>('/grants/candidates', { q, limit: 30 }, signal), placeholderData: keepPreviousData })

export const useMasks = () =>
  useQuery({ queryKey: ['masks'], queryFn: ({ signal }) => get<List<Mask>>('/masks', undefined, signal), staleTime: Infinity })

/** How many cameras a choice comes to; asked when the choice has come to rest. */
export const useCounted = (choice: CameraChoice, enabled: boolean) =>
  useQuery({
    queryKey: ['grant-count', choice],
    queryFn: async ({ signal }) => (await call<Counted>('POST', '/grants/count', { body: choice, signal })).data,
    enabled,
    retry: false,
  })
