import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Bilingual } from '@/text/core'
import { call, get } from './client'
import type { GroundPoint, Line, List, SceneSetup, Zone } from './types'

const SECOND = 1000

export const SCENE_AREAS = ['traffic', 'people', 'city', 'parcels', 'environment'] as const

export interface Share {
  value: number
  low: number
  high: number
  of: number
}

/** One measurement of a scene. */
export interface Accuracy {
  footage: Bilingual
  truth: number
  found: number
  wrong: number
  hours: number
  alarms: number
  recall: Share | null
  precision: Share | null
  f1: number | null
  alarms_an_hour: number | null
  /** The true rate of false alarms stays below this, at 95 %. */
  alarms_upper: number | null
  error: number | null
}

export interface Parameter {
  code: string
  name: Bilingual
  unit: string
  default: number
  least: number
  most: number
  /** Answers "false alarm" may move it. */
  tuned: boolean
}

export interface Measure {
  code: string
  name: Bilingual
  unit: string
  fold: 'sum' | 'mean' | 'max' | 'last'
  definition: Bilingual
}

export interface Scene {
  code: string
  area: string
  name: Bilingual
  what: Bilingual
  limits: Bilingual[]
  needs: {
    slowest_seconds: number
    burst_seconds: number
    decoding: 'keyframes' | 'reference' | 'full'
    classes: string[]
    tracks: boolean
    ground: boolean
  }
  targets: ('zone' | 'line')[]
  targets_least: number
  parameters: Parameter[]
  measures: Measure[]
  incidents: { code: string; name: Bilingual; severity: number }[]
  /** Empty: nobody has measured it. */
  accuracy: Accuracy[]
  model: string | null
  package: string
  cameras: number
  cameras_on: number
}

export interface Scenes {
  items: Scene[]
  broken: { name: string; package: string; why: string }[]
}

export interface SceneUse {
  camera_id: string
  camera_name: string
  region: string
  setup: string
  name: string
  enabled: boolean
  running: boolean
  source: string | null
}

export interface Ground {
  /** Metres; null with four points, which fit always. */
  error: number | null
  residuals: number[]
  /** Metres between the lines of the grid. */
  step: number
  lines: [number, number][][]
}

export interface TryFigure {
  target: string
  measure: string
  kind: string
  value: number
  last: number
}

export interface TrySighting {
  incident: string
  key: string
  target: string
  phase: 'began' | 'still' | 'ended'
  began_at: string
  ended_at: string | null
  score: number
  detail: Record<string, unknown>
  boxes: [number, number, number, number][]
}

export interface TryResult {
  watched: number
  looks: number
  size: [number, number]
  afoot: boolean
  reason: string | null
  boxes: [number, number, number, number, string, number, number | null][]
  /** Cores. */
  cost: { decoding: number; looking: number } | null
  figures: TryFigure[]
  sightings: TrySighting[]
}

export interface SceneTry {
  id: string
  camera_id: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'stopped'
  seconds: number
  code: string | null
  words: string | null
  result: Partial<TryResult>
}

export interface TryAsk {
  setup: SceneSetup
  zones: Zone[]
  lines: Line[]
  ground: GroundPoint[]
  model: string | null
  seconds: number
  purpose_code: string
  purpose_text: string
}

/** Has a try come to its end? */
export const ended = (one: SceneTry): boolean => one.state !== 'queued' && one.state !== 'running'

export const useScenes = (enabled = true) =>
  useQuery({ queryKey: ['scenes'], queryFn: ({ signal }) => get<Scenes>('/scenes', undefined, signal), enabled, staleTime: 30 * SECOND })

export const useScene = (code: string) =>
  useQuery({ queryKey: ['scenes', code], queryFn: ({ signal }) => get<Scene>(`/scenes/${code}`, undefined, signal) })

export const useSceneUses = (code: string, after: string | undefined) =>
  useQuery({
    queryKey: ['scene-uses', code, after],
    queryFn: ({ signal }) => get<List<SceneUse>>(`/scenes/${code}/cameras`, { after, limit: 50 }, signal),
    placeholderData: keepPreviousData,
  })

/** Does each point lie at a place of its own? While metres are being entered several still lie at 0, 0. */
export const distinct = (points: readonly GroundPoint[]): boolean => new Set(points.map((one) => one.metres.join(' '))).size === points.length

/** What the points of the ground give, or the refusal that says what is wrong with them. */
export const useGround = (points: readonly GroundPoint[]) =>
  useQuery({
    queryKey: ['ground', points],
    queryFn: async ({ signal }) => (await call<Ground>('POST', '/scenes/ground', { body: { points }, signal })).data,
    enabled: points.length >= 4 && distinct(points),
    retry: false,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })

export const askTry = async (camera: string, body: TryAsk): Promise<SceneTry> =>
  (await call<SceneTry>('POST', `/cameras/${camera}/scenes/try`, { body })).data

export const stopTry = (id: string) => call('DELETE', `/scene-tries/${id}`)

export const useTry = (id: string | null) =>
  useQuery({
    queryKey: ['scene-try', id],
    queryFn: ({ signal }) => get<SceneTry>(`/scene-tries/${id ?? ''}`, undefined, signal),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data && ended(query.state.data) ? false : 0.7 * SECOND),
  })
