import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { call, get } from './client'
import type { CameraChoice } from './grants'
import type { List } from './types'

const SECOND = 1000

/** Minutes of the day from, to. */
export type Period = [number, number]

export interface RecordingPlan {
  id: string
  name: string
  cameras: CameraChoice
  scope: string[]
  hours: Period[][]
  retention_days: number
  quota_bytes: number | null
  priority: number
  enabled: boolean
  by_name: string
  created_at: string
  updated_at: string
  version: number
  used_bytes: number
  states: Partial<Record<RecordingState, number>>
}

export type RecordingState = 'recording' | 'waiting' | 'stopped'
export type PlanDraft = Pick<RecordingPlan, 'name' | 'cameras' | 'hours' | 'retention_days' | 'quota_bytes' | 'priority' | 'enabled'>

export interface PlanCost {
  cameras: number
  measured: number
  bytes_per_second: number | null
  bytes_per_day: number | null
  bytes_kept: number | null
}

export interface RecordedCamera {
  camera_id: string
  name: string
  code: string
  node: string
  kind: string
  state: RecordingState
  reason: string | null
  words: string | null
  since: string
}

export interface RecordingStore {
  node: string
  path: string
  used_bytes: number
  free_bytes: number
  total_bytes: number
  state: 'fine' | 'tight' | 'full' | 'missing'
  stopped_priority: number
  seen_at: string
}

export interface TimelineSpan {
  source: 'own' | 'device'
  from: string
  to: string
  kinds: string[]
  bytes: number
}

export interface Timeline {
  spans: TimelineSpan[]
  gaps: { from: string; to: string }[]
  device: { complete: boolean; code: string | null; words: string | null } | null
}

export interface RecordingExport {
  id: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'expired'
  progress: number
  cameras: string[]
  from: string
  to: string
  viewer: string
  mine: boolean
  purpose_code: string
  purpose_text: string
  mask: string | null
  code: string | null
  words: string | null
  files: { name: string; bytes: number; sha256: string; sm3: string; camera_id: string; camera_name: string }[]
  asked_at: string
  ended_at: string | null
  expires_at: string | null
}

export interface ExportLinks {
  permit_id: string
  expires_at: string
  /** For a media node that no cookie reaches: shown in a header. */
  proof: string | null
  files: { name: string; camera_id: string; url: string }[]
}

export interface ExportAsked {
  cameras: string[]
  from: string
  to: string
  purpose_code: string
  purpose_text: string
}

export const isOver = (one: RecordingExport): boolean => one.state !== 'queued' && one.state !== 'running'

export const usePlans = () =>
  useQuery({
    queryKey: ['recording-plans'],
    queryFn: ({ signal }) => get<List<RecordingPlan>>('/recordings/plans', { limit: 200 }, signal),
    refetchInterval: 10 * SECOND,
  })

export const usePlanCost = (id: string) =>
  useQuery({
    queryKey: ['recording-plan-cost', id],
    queryFn: ({ signal }) => get<PlanCost>(`/recordings/plans/${id}/cost`, undefined, signal),
    refetchInterval: 60 * SECOND,
  })

/** What a plan that is being written would take. */
export const useDraftCost = (draft: PlanDraft | null) =>
  useQuery({
    queryKey: ['recording-draft-cost', draft],
    queryFn: async ({ signal }) => (await call<PlanCost>('POST', '/recordings/plans/cost', { body: draft, signal })).data,
    placeholderData: keepPreviousData,
    retry: false,
    enabled: draft !== null,
  })

export const useRecordedCameras = (plan: string, after: string | undefined) =>
  useQuery({
    queryKey: ['recorded-cameras', plan, after],
    queryFn: ({ signal }) => get<List<RecordedCamera>>(`/recordings/plans/${plan}/cameras`, { after, limit: 50 }, signal),
    refetchInterval: 5 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useStores = () =>
  useQuery({
    queryKey: ['recording-stores'],
    queryFn: ({ signal }) => get<List<RecordingStore>>('/recordings/stores', undefined, signal),
    refetchInterval: 20 * SECOND,
  })

/** One a camera. `device`: the device is asked, too, which takes seconds. */
export const useTimelines = (cameras: readonly string[], from: string, to: string, device: boolean) =>
  useQueries({
    queries: cameras.map((camera) => ({
      queryKey: ['timeline', camera, from, to, device],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<Timeline>(`/cameras/${camera}/timeline`, { from, to, device }, signal),
      refetchInterval: device ? (false as const) : 30 * SECOND,
      staleTime: device ? 300 * SECOND : 0,
      retry: false,
    })),
  })

export const useExports = (enabled = true) =>
  useQuery({
    queryKey: ['exports'],
    queryFn: ({ signal }) => get<List<RecordingExport>>('/exports', { limit: 20 }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some((one) => !isOver(one)) ? SECOND : 30 * SECOND),
    enabled,
  })

export const readPlan = (id: string) => call<RecordingPlan>('GET', `/recordings/plans/${id}`)
export const askExport = async (asked: ExportAsked) => (await call<RecordingExport>('POST', '/exports', { body: asked })).data
export const exportLinks = async (id: string) => (await call<ExportLinks>('POST', `/exports/${id}/links`)).data
