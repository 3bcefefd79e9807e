import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { List } from './types'

export type Severity = 'error' | 'warning' | 'notice'
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'notice']
export type Repair = 'certain' | 'person' | 'none'
export const GROUPS = ['city', 'county', 'unit', 'maintenance', 'platform'] as const
export type Group = (typeof GROUPS)[number]

export interface FileField {
  code: string
  type: string
  zh: string
  en: string
  source: string
  reported: string | null
  mandatory: string[]
  choices: Record<string, [string, string]>
  note_zh: string
  note_en: string
  example: string
  in_file: boolean
}

export interface Rule {
  code: string
  kind: 'complete' | 'accurate'
  severity: Severity
  field: string
  repair: Repair
  source: string
  zh: string
  en: string
  auto: boolean
  auto_by: string | null
  findings: number
  cameras: number
}

export interface RuleSet {
  version: string
  date: string
  digest: string
  items: Rule[]
}

export interface Completeness { total: number; complete: number; mandatory: number; filled: number; unknown: number }
export interface Accuracy { total: number; accurate: number; unknown: number }
export interface FieldFigures { field: string; due: number; missing: number; wrong: number; total: number }
export interface LeagueRow { key: string; name: string; completeness: Completeness; accuracy: Accuracy }

export interface Run {
  id: string
  asked_by: string
  asked_at: string
  started_at: string | null
  ended_at: string | null
  total: number | null
  done: number
  findings: number | null
}

export interface Figures {
  completeness: Completeness
  accuracy: Accuracy
  fields: FieldFigures[]
  checked_from: string | null
  checked_until: string | null
  run: Run | null
}

export interface CameraNamed { id: string; code: string; name: string; region: string }

export interface Finding {
  camera: CameraNamed
  rule: string
  field: string
  severity: Severity
  value: string
  expected: string
  message: string
  twin: string | null
  since: string
}

export interface Proposal {
  id: string
  camera: CameraNamed
  field: string
  rule: string
  was: string
  becomes: string
  reason: string
  source: string
  confidence: number
  certain: boolean
}

export interface Chosen { region?: string; rule?: string; certain?: boolean; ids?: readonly string[] }
export interface Count { rule: string; field: string; certain: boolean; proposals: number; cameras: number }

export interface Preview {
  proposals: number
  cameras: number
  by_rule: Count[]
  sample: Proposal[]
  quarrels: { camera: string; code: string; name: string; field: string; values: string[] }[]
}

export type BatchState = 'applying' | 'applied' | 'undoing' | 'undone'

export interface Batch {
  id: string
  state: BatchState
  by: string
  why: string
  total: number
  applied: number
  conflicts: number
  undone: number
  kept: number
  progress: number
  made_at: string
  ended_at: string | null
  undone_at: string | null
  undone_by: string | null
}

export interface BatchItem { camera: CameraNamed; field: string; rule: string; was: string; becomes: string; outcome: 'waiting' | 'applied' | 'conflict' | 'undone' | 'kept' }

export interface Change {
  at: string
  field: string
  was: string | null
  became: string | null
  source: 'person' | 'report' | 'import' | 'repair' | 'system'
  who: string
  why: string
  batch: string | null
}

const HOUR = 3_600_000

export const useFileFields = () =>
  useQuery({ queryKey: ['record-fields'], queryFn: ({ signal }) => get<List<FileField>>('/records/fields', undefined, signal), staleTime: HOUR })

export const useRules = (query: Query) =>
  useQuery({ queryKey: ['record-rules', query], queryFn: ({ signal }) => get<RuleSet>('/records/rules', query, signal), placeholderData: keepPreviousData })

const busy = (run: Run | null | undefined): boolean => run != null && run.ended_at === null

/** While a check runs it is read every two seconds. */
export const useFigures = (query: Query) =>
  useQuery({
    queryKey: ['record-figures', query],
    queryFn: ({ signal }) => get<Figures>('/records/figures', query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: (read) => (busy(read.state.data?.run) ? 2_000 : false),
  })

export const useLeagueOf = (by: Group, query: Query) =>
  useQuery({
    queryKey: ['record-league', by, query],
    queryFn: ({ signal }) => get<List<LeagueRow>>('/records/league', { ...query, by }, signal),
    placeholderData: keepPreviousData,
  })

export const useFindings = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['record-findings', query],
    queryFn: ({ signal }) => get<List<Finding>>('/records/findings', query, signal),
    placeholderData: keepPreviousData,
    enabled,
  })

export const useProposals = (query: Query) =>
  useQuery({ queryKey: ['record-proposals', query], queryFn: ({ signal }) => get<List<Proposal>>('/records/proposals', query, signal), placeholderData: keepPreviousData })

export const usePreview = (chosen: Chosen, enabled = true) =>
  useQuery({
    queryKey: ['record-preview', chosen],
    queryFn: async ({ signal }) => (await call<Preview>('POST', '/records/repairs/preview', { body: chosen, signal })).data,
    placeholderData: keepPreviousData,
    enabled,
  })

const moving = (batch: Batch): boolean => batch.state === 'applying' || batch.state === 'undoing'

export const useBatches = (after: string | undefined) =>
  useQuery({
    queryKey: ['record-repairs', after],
    queryFn: ({ signal }) => get<List<Batch>>('/records/repairs', { after, limit: 20 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: (read) => (read.state.data?.items.some(moving) ? 1_500 : false),
  })

export const useBatchItems = (id: string, query: Query) =>
  useQuery({ queryKey: ['record-items', id, query], queryFn: ({ signal }) => get<List<BatchItem>>(`/records/repairs/${id}/items`, query, signal), placeholderData: keepPreviousData })

export const useHistory = (id: string, after: string | undefined) =>
  useQuery({ queryKey: ['camera-history', id, after], queryFn: ({ signal }) => get<List<Change>>(`/cameras/${id}/history`, { after, limit: 30 }, signal), placeholderData: keepPreviousData })

/** What is read afresh after a check or a repair. */
export const READS = ['record-figures', 'record-league', 'record-findings', 'record-proposals', 'record-preview', 'record-repairs', 'record-rules', 'camera', 'camera-history'] as const

export const askCheck = () => call<{ id: string }>('POST', '/records/check')
export const applyRepairs = (chosen: Chosen, why: string) => call<Batch>('POST', '/records/repairs', { body: { ...chosen, why } })
export const undoRepairs = (id: string) => call<Batch>('POST', `/records/repairs/${id}/undo`)
export const refuseProposals = (chosen: Chosen) => call<{ refused: number }>('POST', '/records/proposals/refuse', { body: chosen })
export const switchRule = (code: string, auto: boolean) => call('PUT', `/records/rules/${code}`, { body: { auto } })
export const chooseFound = async (query: Query) => (await call<{ id: string; total: number }>('POST', '/records/findings/selection', { query })).data
