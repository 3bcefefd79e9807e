import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get, type Query } from './client'
import type { List } from './types'

const SECOND = 1000

export type FeedbackState = 'receiving' | 'reading' | 'read' | 'applying' | 'applied' | 'undoing' | 'undone' | 'failed' | 'discarded'
export type FeedbackIndicator = 'online' | 'playable'

export interface BridgeStep {
  code: string
  words: string
  numerator: number
  denominator: number
  rows: number
  rate: number | null
  /** Hundredths of a percentage point. */
  points: number | null
}

export interface Feedback {
  id: string
  name: string
  upper_id: string | null
  upper_name: string
  indicator: FeedbackIndicator
  region: string
  default_at: string | null
  assessed: number | null
  state: FeedbackState
  headings: string[]
  mapping: Record<string, string>
  bytes: number
  rows: number | null
  done: number
  wrong: number
  matched: number
  reported: number
  bridge: BridgeStep[] | null
  problem: Record<string, unknown> | null
  problem_words: string | null
  by_name: string
  created_at: string
  applied_at: string | null
}

export interface ExplainedCount {
  code: string
  zh: string
  en: string
  words_zh: string
  words_en: string
  appeal: boolean
  rows: number
  bad: number
  faults: number
}

export interface FeedbackCounts {
  items: ExplainedCount[]
  matches: Record<string, number>
}

interface Tried {
  at: string
  good: boolean
}

export interface FeedbackRow {
  row: number
  code: string
  name: string
  region: string
  said: string
  verdict: string
  at: string | null
  reason: string
  camera_id: string | null
  match: string
  confidence: number
  ours: 'good' | 'bad' | 'unknown'
  explanation: string
  evidence: { camera_name?: string; before?: Tried; after?: Tried; health?: string; health_at?: string; exemption?: number }
  fault: string | null
}

export interface FeedbackProblem {
  row: number
  field: string
  words: string
}

export interface FeedbackWords {
  columns: { key: string; zh: string; en: string; aliases: string[]; needed: boolean }[]
  explanations: { code: string; zh: string; en: string; words_zh: string; words_en: string; appeal: boolean; fault: boolean }[]
}

const WORKING: readonly FeedbackState[] = ['reading', 'applying', 'undoing']
export const isWorking = (one: Feedback): boolean => WORKING.includes(one.state)

export const useFeedbackWords = () =>
  useQuery({ queryKey: ['feedback-words'], queryFn: ({ signal }) => get<FeedbackWords>('/feedbacks/vocabulary', undefined, signal), staleTime: Infinity })

export const useFeedbacks = (query: Query) =>
  useQuery({
    queryKey: ['feedbacks', query],
    queryFn: ({ signal }) => get<List<Feedback>>('/feedbacks', query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isWorking) ? 2 * SECOND : 60 * SECOND),
  })

export const useFeedback = (id: string) =>
  useQuery({
    queryKey: ['feedbacks', 'one', id],
    queryFn: ({ signal }) => get<Feedback>(`/feedbacks/${id}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data && isWorking(state.data) ? SECOND : false),
  })

/** Counts and rows of a list that has been read; `state` makes them be read again when the list was worked on. */
export const useFeedbackCounts = (id: string, state: FeedbackState) =>
  useQuery({ queryKey: ['feedbacks', 'counts', id, state], queryFn: ({ signal }) => get<FeedbackCounts>(`/feedbacks/${id}/counts`, undefined, signal) })

export const useFeedbackRows = (id: string, state: FeedbackState, query: Query) =>
  useQuery({
    queryKey: ['feedbacks', 'rows', id, state, query],
    queryFn: ({ signal }) => get<List<FeedbackRow>>(`/feedbacks/${id}/rows`, query, signal),
    placeholderData: keepPreviousData,
  })

export const useFeedbackProblems = (id: string, query: Query) =>
  useQuery({
    queryKey: ['feedbacks', 'problems', id, query],
    queryFn: ({ signal }) => get<List<FeedbackProblem>>(`/feedbacks/${id}/problems`, query, signal),
    placeholderData: keepPreviousData,
  })
