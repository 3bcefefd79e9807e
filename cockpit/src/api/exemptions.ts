import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { List } from './types'

const SECOND = 1000

export type Phase = 'asked' | 'coming' | 'running' | 'over' | 'refused' | 'withdrawn'

export interface Exemption {
  id: string
  number: number
  kind: string
  kind_zh: string
  kind_en: string
  words: string
  chosen: { region?: string; platform?: string; selection?: string; cameras?: number; codes?: number }
  regions: string[]
  total: number
  starts_at: string
  ends_at: string
  phase: Phase
  asked_by_name: string
  organisation: string
  asked_at: string
  mine: boolean
  decided_by_name: string | null
  decided_words: string | null
  decided_at: string | null
  extension: { to: string; words: string; by_name: string; at: string; mine: boolean } | null
  file_name: string | null
  file_type: string | null
}

export interface ReasonKind {
  code: string
  zh: string
  en: string
  hint_zh: string
  hint_en: string
  words_least: number
}

export interface ReasonKinds {
  items: ReasonKind[]
  days_most: number
  back_days: number
  cameras_most: number
  file_bytes: number
}

interface Rate {
  value: number | null
  numerator: number
  denominator: number
}

export interface Foreseen {
  total: number
  leaving: number
  unknown_codes: string[]
  indicators: { code: string; before: Rate; after: Rate }[]
}

/** Which cameras are meant; what is given narrows together. */
export interface ExemptChoice {
  region?: string
  platform?: string
  selection?: string
  codes?: string[]
}

export interface ExemptionEvent {
  at: string
  what: string
  by_name: string
  words: string
  detail: { to?: string; before?: string }
}

export interface ExemptCamera {
  id: string
  code: string
  name: string
  region: string
  health: 'works' | 'bad' | 'offline' | 'unknown'
}

export const useReasonKinds = () =>
  useQuery({ queryKey: ['exemption-kinds'], queryFn: ({ signal }) => get<ReasonKinds>('/exemptions/kinds', undefined, signal), staleTime: Infinity })

export const useExemptions = (query: Query) =>
  useQuery({
    queryKey: ['exemptions', query],
    queryFn: ({ signal }) => get<List<Exemption>>('/exemptions', query, signal),
    placeholderData: keepPreviousData,
    // Others ask and decide meanwhile.
    refetchInterval: 30 * SECOND,
  })

/** One exemption with the ETag a decision is made from. */
export const useExemption = (id: string) =>
  useQuery({ queryKey: ['exemptions', 'one', id], queryFn: ({ signal }) => call<Exemption>('GET', `/exemptions/${id}`, { signal }) })

export const useExemptionEffect = (id: string) =>
  useQuery({ queryKey: ['exemptions', 'effect', id], queryFn: ({ signal }) => get<Foreseen>(`/exemptions/${id}/preview`, undefined, signal) })

export const useExemptionHistory = (id: string) =>
  useQuery({ queryKey: ['exemptions', 'history', id], queryFn: ({ signal }) => get<List<ExemptionEvent>>(`/exemptions/${id}/history`, undefined, signal) })

export const useExemptCameras = (id: string, query: Query) =>
  useQuery({
    queryKey: ['exemptions', 'cameras', id, query],
    queryFn: ({ signal }) => get<List<ExemptCamera>>(`/exemptions/${id}/cameras`, query, signal),
    placeholderData: keepPreviousData,
  })
