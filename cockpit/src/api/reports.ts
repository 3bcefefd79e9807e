import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get, type Query } from './client'
import type { List } from './types'

const SECOND = 1000

export interface Report {
  id: string
  month: string
  region: string
  language: 'zh' | 'en'
  version: number
  unit: string
  state: 'queued' | 'running' | 'done' | 'failed'
  progress: number
  step: string
  problem_words: string | null
  as_of: string
  figures_sha256: string | null
  pdf_bytes: number | null
  xlsx_bytes: number | null
  note: string
  asked_by_name: string
  asked_at: string
  ended_at: string | null
}

export const isMaking = (one: Report): boolean => one.state === 'queued' || one.state === 'running'

export const useReports = (query: Query) =>
  useQuery({
    queryKey: ['reports', query],
    queryFn: ({ signal }) => get<List<Report>>('/reports', query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.items.some(isMaking) ? SECOND : 60 * SECOND),
  })
