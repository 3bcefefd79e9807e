import { useQuery } from '@tanstack/react-query'
import { call, callForBlob, get } from './client'
import type { List } from './types'

const SECOND = 1000

export interface Tally {
  scene: string
  name: string
  real: number
  false_alarms: number
  pictures: number
  latest: string
  least: number
}

export interface Dataset {
  id: string
  number: number
  scene: string
  name: string
  note: string
  state: 'making' | 'ready' | 'failed'
  why: string
  counts: Record<string, number>
  bytes: number
  sha256: string
  by_name: string
  at: string
}

export interface Share {
  value: number | null
  low: number
  high: number
  k: number
  n: number
}

export interface Gain {
  value: number
  low: number
  high: number
}

export interface HeadMeasured {
  false_removed: Share
  true_kept: Share
  precision: Share
  precision_before: Share
}

export interface HeadMetrics {
  held: number
  ours: HeadMeasured
  theirs: HeadMeasured | null
  gain: { false_removed: Gain; true_kept: Gain }
}

export interface CardMetrics {
  pictures: number
  marked: number
  present: string
  ours: { ap50: number }
  theirs: { ap50: number }
  gain: Gain
}

interface CandidateBase {
  id: string
  scene: string
  name: string
  card: string
  dataset_id: string
  state: 'making' | 'failed' | 'candidate' | 'present' | 'former'
  why: string
  threshold: number | null
  weights: { feature: string; weight: number }[]
  by_name: string
  at: string
}

export type Candidate = CandidateBase & ({ kind: 'head'; metrics: HeadMetrics | null } | { kind: 'card'; metrics: CardMetrics | null })

export interface Promotion {
  id: string
  kind: 'head' | 'card'
  scene: string
  name: string
  action: 'promoted' | 'rolled_back'
  reason: string
  cameras: number
  by_name: string
  at: string
}

export interface Detector {
  name: string
  title: string
  installed: boolean
  brought: boolean
}

export const useTally = () =>
  useQuery({ queryKey: ['training', 'samples'], queryFn: ({ signal }) => get<List<Tally>>('/training/samples', undefined, signal) })

const busy = (items: readonly { state: string }[] | undefined) => (items?.some((one) => one.state === 'making') ? 2 * SECOND : false)

export const useDatasets = () =>
  useQuery({
    queryKey: ['training', 'datasets'],
    queryFn: ({ signal }) => get<List<Dataset>>('/training/datasets', undefined, signal),
    refetchInterval: (query) => busy(query.state.data?.items),
  })

export const useCandidateModels = () =>
  useQuery({
    queryKey: ['training', 'candidates'],
    queryFn: ({ signal }) => get<List<Candidate>>('/training/candidates', undefined, signal),
    refetchInterval: (query) => busy(query.state.data?.items),
  })

export const usePromotions = () =>
  useQuery({ queryKey: ['training', 'promotions'], queryFn: ({ signal }) => get<List<Promotion>>('/training/promotions', undefined, signal) })

export const useDetectors = (enabled: boolean) =>
  useQuery({ queryKey: ['training', 'cards'], queryFn: ({ signal }) => get<List<Detector>>('/training/cards', undefined, signal), enabled })

export const makeDataset = (scene: string, note: string) => call<Dataset>('POST', '/training/datasets', { body: { scene, note } })

export const makeCandidate = (body: { kind: 'head' | 'card'; dataset_id: string; card: string }) => call<Candidate>('POST', '/training/candidates', { body })

export const promote = (id: string, reason: string) => call<Candidate>('POST', `/training/candidates/${id}/promote`, { body: { reason } })

export const rollBack = (scene: string, kind: 'head' | 'card', reason: string) => call('POST', `/training/scenes/${scene}/${kind}/rollback`, { body: { reason } })

/** A retrieval of every camera in it: it needs grants and a purpose, and is registered. */
export const datasetFile = (id: string, purpose: { code: string; text: string }) =>
  callForBlob('POST', `/training/datasets/${id}/file`, { body: { purpose_code: purpose.code, purpose_text: purpose.text } })
