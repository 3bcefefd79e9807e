import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Bilingual } from '@/text/core'
import { call, get } from './client'

const MINUTE = 60_000

/** What cameras may be taken together by. */
export type ScopeKind = 'region' | 'sector' | 'unit' | 'platform' | 'maintenance'
export const SCOPE_KINDS: readonly ScopeKind[] = ['region', 'sector', 'unit', 'platform', 'maintenance']

/** What an indicator counts. */
export type Unit = 'camera' | 'field' | 'hour' | 'second' | 'try'

/** A set of cameras that a figure is about; of a region `scope` is empty. */
export interface Scope {
  kind: ScopeKind
  scope: string
  region: string
}

export interface Figure {
  value: number | null
  numerator: number
  denominator: number
  unknown: number
  exempt: number
  coverage: number | null
  low: number | null
  high: number | null
  variant: string
  as_of: string | null
}

export interface Indicator extends Figure {
  code: string
  name: Bilingual
  definition: Bilingual
  formula: string
  formula_words: Bilingual
  unit: Unit
  aim: number | null
  alert: number | null
  standing: 'reached' | 'below' | 'alert' | null
  /** What the last sample of the region told, if there is a late one. */
  sample: { value: number; low: number; high: number; confidence: number; cameras: number; population: number; finished_at: string } | null
  /** Filters of the camera list that show what is behind it. */
  down: Record<string, string>
}

export interface Indicators extends Scope {
  as_of: string
  items: Indicator[]
}

export interface Variant {
  code: string
  name: Bilingual
  unit: Unit
  formula: string
  formula_words: Bilingual
  definition: Bilingual
}

export interface Definition {
  code: string
  name: Bilingual
  chosen: string
  variants: Variant[]
  aim: number | null
  alert: number | null
  ships: { aim: number | null; alert: number | null }
  by_name: string | null
  at: string | null
}

export interface LeagueFigure extends Figure {
  changes: { days: number; value: number | null }[]
}

export interface LeagueRow {
  code: string
  name: Bilingual | null
  rank: number | null
  tied: boolean
  total: number
  exempt: number
  figures: Record<string, LeagueFigure>
}

export interface League {
  as_of: string
  by: string
  items: LeagueRow[]
}

export interface TrendPoint {
  day: string
  value: number | null
  numerator: number
  denominator: number
  unknown: number
  coverage: number | null
  low: number | null
  high: number | null
}

export interface Trend {
  indicator: string
  variant: string
  aim: number | null
  alert: number | null
  /** Days are kept as finely as this scope is cut. */
  kept: boolean
  first: string
  last: string
  items: TrendPoint[]
}

export interface Step {
  orders: number
  cameras: number
  value: number
  gain: number
}

export interface Repair {
  place: number
  kind: 'case' | 'shared' | 'camera'
  case_id: string | null
  by: string | null
  name: string | null
  cameras: number
  camera_id: string | null
  gain: number
  value: number
}

export interface WhatIf {
  indicator: string
  figure: Figure
  lacking: number
  truncated: boolean
  orders: number
  curve: Step[]
  first: Step | null
  bar: number
  needed: Step | null
  items: Repair[]
  as_of: string
}

export const useIndicators = (of: Scope, only?: string, enabled = true) =>
  useQuery({
    queryKey: ['indicators', of, only],
    queryFn: ({ signal }) => get<Indicators>('/health/indicators', { ...of, only }, signal),
    refetchInterval: MINUTE / 2,
    placeholderData: keepPreviousData,
    enabled,
  })

export interface LeagueAsked {
  kind: ScopeKind
  parent: string
  by: string
  /** Indicators with commas between; all without. */
  only?: string | undefined
  compare?: boolean | undefined
}

export const useLeague = (asked: LeagueAsked, enabled = true) =>
  useQuery({
    queryKey: ['league', asked],
    queryFn: ({ signal }) => get<League>('/health/league', { ...asked }, signal),
    refetchInterval: MINUTE,
    placeholderData: keepPreviousData,
    enabled,
  })

export const useTrend = (of: Scope, indicator: string, days: number) =>
  useQuery({
    queryKey: ['trend', of, indicator, days],
    queryFn: ({ signal }) => get<Trend>('/health/trend', { ...of, indicator, days }, signal),
    refetchInterval: 10 * MINUTE,
    placeholderData: keepPreviousData,
  })

export const useWhatIf = (of: Scope, indicator: string, orders: number, bar: number) =>
  useQuery({
    queryKey: ['what-if', of, indicator, orders, bar],
    queryFn: ({ signal }) => get<WhatIf>('/health/what-if', { ...of, indicator, orders, bar }, signal),
    placeholderData: keepPreviousData,
    staleTime: MINUTE,
  })

export const useDefinition = (code: string) =>
  useQuery({ queryKey: ['definition', code], queryFn: ({ signal }) => call<Definition>('GET', `/health/definitions/${code}`, { signal }) })

export type Behind = 'lacking' | 'unknown' | 'exempt' | 'repairs'

/** Keeps the cameras behind a figure as a selection that every page understands. */
export const selectBehind = async (of: Scope, indicator: string, which: Behind, orders = 0) =>
  (await call<{ id: string; total: number; expires_at: string }>('POST', '/health/selections', { body: { ...of, indicator, which, orders } })).data
