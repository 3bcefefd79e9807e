import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get } from './client'
import type { List } from './types'

const SECOND = 1000

export type RoundKind = 'whole' | 'fresh' | 'asked' | 'recheck' | 'sample'

export interface Round {
  id: string
  kind: RoundKind
  title: string
  started_at: string
  finished_at: string | null
  cameras: number
  done: number
}

export interface OnPlatform {
  platform: string | null
  name: string | null
  planned: number
  done: number
  plays: number
  /** Cameras that do not play, by what their last try ended in. */
  causes: Record<string, number>
}

export interface RoundDetail extends Round {
  /** Cameras a second. */
  rate: number | null
  remaining_seconds: number | null
  plays: number
  causes: Record<string, number>
  platforms: OnPlatform[]
}

/** A limit as it holds; without an id it is one of the settings. */
export interface SweepLimit {
  id: string | null
  kind: 'all' | 'platform' | 'prefix'
  platform: string | null
  platform_name: string | null
  prefix: string | null
  concurrency: number
  rate: number
  kbps: number
  note: string
  version: number
}

export interface LimitIn {
  platform?: string | undefined
  prefix?: string | undefined
  concurrency: number
  rate: number
  kbps: number
  note: string
}

export interface Estimate {
  rate: number
  low: number
  high: number
  n: number
  population: number
  effective: number | null
  confidence: number
}

export interface Sample {
  id: string
  region: string
  share: number
  seed: number
  confidence: number
  population: number
  drawn: number
  done: number
  started_at: string
  finished_at: string | null
  estimate: Estimate | null
}

export interface RoundAsked {
  id: string
  kind: RoundKind
  cameras: number
  follow: string
}

/** Rounds of all kinds, or of one, the newest first. */
export const useRounds = (limit: number, kind?: RoundKind) =>
  useQuery({
    queryKey: ['sweeps', kind ?? null, limit],
    queryFn: ({ signal }) => get<List<Round>>('/health/sweeps', { kind, limit }, signal),
    refetchInterval: 5 * SECOND,
    placeholderData: keepPreviousData,
  })

/** How far a round is; read again and again until it is over. */
export const useRound = (id: string | null) =>
  useQuery({
    queryKey: ['sweep', id],
    queryFn: ({ signal }) => get<RoundDetail>(`/health/sweeps/${id ?? ''}`, undefined, signal),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data?.finished_at == null ? 2 * SECOND : false),
    placeholderData: keepPreviousData,
  })

export const useSweepLimits = () =>
  useQuery({
    queryKey: ['sweep-limits'],
    queryFn: ({ signal }) => get<List<SweepLimit>>('/health/sweeps/limits', undefined, signal),
  })

export const useSamples = () =>
  useQuery({
    queryKey: ['samples'],
    queryFn: ({ signal }) => get<List<Sample>>('/health/samples', { limit: 10 }, signal),
    refetchInterval: (query) => (query.state.data?.items.some((one) => one.finished_at === null) ? 2 * SECOND : 15 * SECOND),
  })

/** Check the cameras of a region or a selection now. */
export const askRound = (where: { region?: string | undefined; selection?: string | undefined }, title: string) =>
  call<RoundAsked>('POST', '/health/sweeps', { query: where, body: { title } })

export const askSample = (body: { region: string; share: number; seed: number }) =>
  call<RoundAsked>('POST', '/health/samples', { body })

export const setLimit = (body: LimitIn) => call<SweepLimit>('PUT', '/health/sweeps/limits', { body })
export const dropLimit = (id: string) => call<null>('DELETE', `/health/sweeps/limits/${id}`)
