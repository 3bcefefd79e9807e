import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { CameraChoice, Hours } from './grants'
import type { Health, List } from './types'

const SECOND = 1000
const AT = '/demands'

export type DemandState = 'filed' | 'matched' | 'accepted' | 'refused' | 'running' | 'reviewed' | 'withdrawn'
export type DemandAction = 'accept' | 'refuse' | 'withdraw' | 'reopen' | 'stop' | 'review'
export const DEMAND_STATES: readonly DemandState[] = ['filed', 'matched', 'accepted', 'running', 'reviewed', 'refused', 'withdrawn']

export interface DemandPlace {
  name: string
  at: [number, number]
}

export interface DemandBody {
  title: string
  scene: string
  region: string
  points: DemandPlace[]
  cameras: CameraChoice
  starts_at: string
  ends_at: string | null
  hours: Hours | null
  error_most: number | null
  reason: string
  contact: string
}

export interface DemandItem {
  id: string
  number: number
  title: string
  scene: string
  scene_name: string
  region: string
  unit: string
  by_name: string
  state: DemandState
  created_at: string
  starts_at: string
  ends_at: string | null
  stopped_at: string | null
  cameras: number
  points: number
  saved: number
  cores: number | null
  mark: number | null
  actions: DemandAction[]
}

export type Lack = 'works' | 'drawn' | 'ground' | 'field'

export interface Candidate {
  id: string
  code: string
  name: string
  region: string
  health: Health
  scene: 'running' | 'there' | 'none'
  missing: Lack[]
  cores: number
}

export interface Found {
  cameras: Candidate[]
  points: { name: string; at: [number, number]; offers: { camera: string; share: number; metres: number; known: boolean }[]; unknown: number }[]
  chosen: string[]
  saved: number
  reused: number
  cores: number
  free: number | null
}

export interface Expected {
  error: number | null
  recall: number | null
  precision: number | null
  meets: boolean | null
  footage: string[]
}

export interface Benefit {
  until: string
  figures: number
  coverage: number | null
  hours: number
  incidents: number
  closed: number
  wrong: number
  saved: number
  reused: number
}

export interface Demand extends DemandItem {
  reason: string
  contact: string
  hours: (Hours & { zone: string }) | null
  error_most: number | null
  choice: CameraChoice
  places: DemandPlace[]
  found: Found | null
  matched_at: string | null
  accuracy: Expected | null
  limits: string[]
  settings: Record<string, number>
  decided_at: string | null
  decided_by: string
  decided_words: string
  running_at: string | null
  members: { id: string; name: string; health: Health; reused: boolean; state: string; missing: { scene: string; what: string }[] }[]
  benefit: Benefit | null
  review: string
  reviewed_by: string
  reviewed_at: string | null
  published: boolean
}

export interface Recipe {
  code: string
  scene: string
  scene_name: string
  installed: boolean
  title: string
  who: string
  what: string
  draw: string[]
  limits: string[]
  accuracy: Expected | null
}

export interface PublishedCase {
  demand: string
  scene: string
  scene_name: string
  title: string
  unit: string
  words: string
  review: string
  mark: number | null
  cameras: number
  benefit: Benefit
  by_name: string
  at: string
}

export interface StepBody {
  action: DemandAction
  words?: string
  cameras?: string[]
  settings?: Record<string, number>
  whole?: boolean
  mark?: number
}

export const useDemands = (query: Query) =>
  useQuery({
    queryKey: ['demands', 'list', query],
    queryFn: ({ signal }) => get<List<DemandItem>>(AT, query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30 * SECOND,
  })

export const useDemand = (id: string | undefined) =>
  useQuery({
    queryKey: ['demands', 'one', id],
    queryFn: ({ signal }) => call<Demand>('GET', `${AT}/${id ?? ''}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data?.data.state === 'accepted' || query.state.data?.data.state === 'running' ? 15 * SECOND : false),
  })

export const useLibrary = () =>
  useQuery({ queryKey: ['demands', 'library'], queryFn: ({ signal }) => get<{ recipes: Recipe[]; cases: PublishedCase[] }>(`${AT}/library`, undefined, signal) })

export const fileDemand = async (body: DemandBody) => (await call<Demand>('POST', AT, { body })).data
export const matchDemand = (id: string) => call<Demand>('POST', `${AT}/${id}/match`)
export const stepDemand = (id: string, body: StepBody, etag: string | null | undefined) => call<Demand>('POST', `${AT}/${id}/steps`, { body, ifMatch: etag ?? '*' })
export const publishDemand = (id: string, words: string) => call<Demand>('PUT', `${AT}/${id}/case`, { body: { words } })
export const unpublishDemand = (id: string) => call<Demand>('DELETE', `${AT}/${id}/case`)
