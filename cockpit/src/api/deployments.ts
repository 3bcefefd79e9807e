import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, callForBlob, get, type Query } from './client'
import type { CameraChoice } from './grants'
import type { CaseState, Health, List, Severity } from './types'

const SECOND = 1000
const AT = '/deployments'

export type DeploymentState = 'planned' | 'running' | 'over' | 'cancelled'
export type DeploymentAction = 'start' | 'end' | 'go_on' | 'cancel' | 'resume'
export const STATES: readonly DeploymentState[] = ['planned', 'running', 'over', 'cancelled']

/** A scene wanted on the cameras, with thresholds for the period. */
export interface Wanted {
  scene: string
  settings: Record<string, number>
  whole: boolean
}

export interface ShiftBody {
  person: string
  from: string
  to: string
  role: string
}

export interface Shift extends ShiftBody {
  name: string
  unit: string
  now: boolean
}

export interface DeploymentBody {
  name: string
  purpose: string
  place: string
  starts_at: string
  ends_at: string
  cameras: CameraChoice
  scenes: Wanted[]
  shifts: ShiftBody[]
  factor: number
  capacity: number | null
  notes: string
}

export interface DeploymentItem {
  id: string
  name: string
  purpose: string
  place: string
  starts_at: string
  ends_at: string
  state: DeploymentState
  scenes: Wanted[]
  factor: number
  capacity: number | null
  notes: string
  by_name: string
  unit: string
  updated_at: string
  started_at: string | null
  ended_at: string | null
  cameras: Partial<Record<'waiting' | 'on' | 'failed' | 'leaving' | 'back', number>>
  actions: DeploymentAction[]
}

export interface Deployment extends DeploymentItem {
  choice: CameraChoice
  shifts: Shift[]
  /** Whether the reader sees all of it, and may change it. */
  wide: boolean
}

export interface Finding {
  code: string
  grave: boolean
  message: string
  cameras: string[]
}

export interface Checked {
  cameras: number
  findings: Finding[]
}

export interface Figure {
  scene: string
  scene_name: string
  measure: string
  name: string
  unit: string
  fold: 'sum' | 'mean' | 'max' | 'last'
  definition: string
  value: number | null
  coverage: number
  cameras: number
  camera: string | null
  day: string | null
}

export interface BoardCamera {
  id: string
  code: string
  name: string
  region: string
  point: [number, number] | null
  health: Health
  health_at: string | null
  state: 'waiting' | 'on' | 'failed' | 'leaving'
  missing: { scene: string; what: string }[]
  watched: boolean
  coverage: number | null
  reason: string | null
  reason_words: string | null
  tier: string | null
  figures: { scene: string; name: string; unit: string; kind: string; target: string; value: number; coverage: number; at: string }[]
}

export interface BoardIncident {
  id: string
  camera: string
  camera_name: string
  scene: string
  name: string
  state: 'open' | 'over'
  began_at: string
  ended_at: string | null
  severity: Severity
  label: boolean | null
  case: string | null
  number: number | null
  case_state: CaseState | null
  assignee: string
  deadline_at: string | null
  taken_at: string | null
  closed_at: string | null
}

export interface Line {
  id: string
  at: string
  kind: string
  by_name: string
  words: string
  said: string
  case: string | null
}

export interface Board {
  as_of: string
  deployment: Deployment
  cameras: BoardCamera[]
  figures: Figure[]
  incidents: BoardIncident[]
  on_duty: Shift[]
  handover_at: string | null
  coverage_now: number | null
  coverage: number | null
  log: Line[]
}

export interface Report {
  as_of: string
  until: string
  deployment: Deployment
  coverage: number | null
  figures: Figure[]
  by_camera: Figure[]
  by_day: Figure[]
  incidents: { total: number; cases: number; real: number; false: number; open: number; taken: number; taken_minutes: number | null; closed: number; closed_minutes: number | null }
  listed: BoardIncident[]
  watched: { camera: string; name: string; coverage: number | null; unwatched: number; faulty: number; missed: number }[]
  duty_gaps: { begin: string; end: string }[]
  log: Line[]
}

export const useDeployments = (query: Query) =>
  useQuery({
    queryKey: ['deployments', 'list', query],
    queryFn: ({ signal }) => get<List<DeploymentItem>>(AT, query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30 * SECOND,
  })

export const useDeployment = (id: string | undefined) =>
  useQuery({
    queryKey: ['deployments', 'one', id],
    queryFn: ({ signal }) => call<Deployment>('GET', `${AT}/${id ?? ''}`, { signal }),
    enabled: id !== undefined,
  })

/** Read anew when the topic says so; the slow beat is for when the socket is away. */
export const useBoard = (id: string) =>
  useQuery({ queryKey: ['deployments', 'board', id], queryFn: ({ signal }) => get<Board>(`${AT}/${id}/board`, undefined, signal), refetchInterval: 30 * SECOND })

export const useReport = (id: string) =>
  useQuery({ queryKey: ['deployments', 'report', id], queryFn: ({ signal }) => get<Report>(`${AT}/${id}/report`, undefined, signal) })

export const useCheck = (id: string, enabled: boolean) =>
  useQuery({ queryKey: ['deployments', 'check', id], queryFn: ({ signal }) => get<Checked>(`${AT}/${id}/check`, undefined, signal), enabled })

export const useDutyPeople = (q: string) =>
  useQuery({
    queryKey: ['duty-people', q],
    queryFn: ({ signal }) => get<List<{ id: string; name: string; unit: string }>>(`${AT}/people`, { q }, signal),
    placeholderData: keepPreviousData,
  })

export const checkDraft = async (body: DeploymentBody) => (await call<Checked>('POST', `${AT}/check`, { body })).data

export const writeDeployment = async (body: DeploymentBody, id: string | undefined, etag: string | null | undefined) =>
  (id === undefined
    ? await call<Deployment>('POST', AT, { body })
    : await call<Deployment>('PUT', `${AT}/${id}`, { body, ifMatch: etag ?? undefined })).data

export const stepDeployment = async (id: string, action: DeploymentAction) => (await call<Deployment>('POST', `${AT}/${id}/steps`, { body: { action } })).data
export const writeLine = (id: string, words: string) => call<Line>('POST', `${AT}/${id}/log`, { body: { words } })
export const reportFile = (id: string, format: 'pdf' | 'xlsx') => callForBlob('GET', `${AT}/${id}/report/file`, { query: { format } })
