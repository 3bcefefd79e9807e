import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, callForBlob, get, type Answer, type Query } from './client'
import type { List, Severity } from './types'

const SECOND = 1000

export type Held = '' | 'quiet' | 'cool_down' | 'filtered' | 'storm'

export interface Evidence {
  kind: 'still' | 'clip'
  state: 'wanted' | 'kept' | 'none' | 'gone'
  reason: string
  /** Why there is none, in the reader's language. */
  why: string
  masked: string
  bytes: number
  began_at: string
  ended_at: string
}

export interface SecondOpinion {
  at: string
  model: string
  asked: string
  verdict: 'real' | 'false_alarm' | 'unsure' | 'none'
  confidence: number | null
  words: string
}

export interface Incident {
  id: string
  camera_id: string
  camera: string
  region: string
  scene: string
  scene_name: string
  incident: string
  title: string
  words: string
  setup: string
  target: string
  state: 'open' | 'over'
  began_at: string
  told_at: string
  ended_at: string | null
  times: number
  score: number
  severity: Severity
  case_id: string | null
  case_number: number | null
  held: Held
  /** 0..1 that it is real, by the scene's filter. */
  filtered: number | null
  label: boolean | null
  opinion: SecondOpinion | null
  evidence: Evidence[]
}

export interface Tuning {
  id: string
  parameter: string
  name: string
  unit: string
  before: number
  after: number
  reason: string
  why: string
  at: string
  undone_at: string | null
}

export interface Hours {
  begin: string
  end: string
  days: number[]
}

export interface RuleBody {
  scene: string
  incident: string
  region: string
  hours: Hours | null
  quiet: boolean
  organisation_id: string | null
  acknowledge_minutes: number | null
  close_minutes: number | null
  note: string
}

export interface Rule extends RuleBody {
  id: string
  organisation: string
  by_name: string
  changed_at: string
  version: number
}

export interface RuleChange {
  id: string
  rule_id: string
  before: RuleBody | null
  after: RuleBody | null
  by_name: string
  at: string
  undone_at: string | null
}

export interface Who {
  decides: Rule | null
  others: Rule[]
  quiet: boolean
  organisation: string
  acknowledge_minutes: number
  close_minutes: number
  severity: Severity
}

export const useIncidents = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['incidents', query],
    queryFn: ({ signal }) => get<List<Incident>>('/incidents', query, signal),
    refetchInterval: 15 * SECOND,
    placeholderData: keepPreviousData,
    enabled,
  })

export const useTunings = (camera: string, enabled: boolean) =>
  useQuery({
    queryKey: ['incident-tunings', camera],
    queryFn: ({ signal }) => get<List<Tuning>>('/incidents/tunings', { camera }, signal),
    enabled,
  })

export const useIncidentRules = () =>
  useQuery({ queryKey: ['incident-rules'], queryFn: ({ signal }) => get<List<Rule>>('/incidents/rules', undefined, signal) })

export const useRuleChanges = () =>
  useQuery({ queryKey: ['incident-rules', 'changes'], queryFn: ({ signal }) => get<List<RuleChange>>('/incidents/rules/changes', undefined, signal) })

export const useWho = (query: { scene: string; incident: string; region: string; at?: string | undefined } | null) =>
  useQuery({
    queryKey: ['incident-rules', 'who', query],
    queryFn: ({ signal }) => get<Who>('/incidents/rules/who', query ?? {}, signal),
    enabled: query !== null,
  })

export const labelIncident = async (id: string, real: boolean | null) =>
  (await call<{ label: boolean | null; tuning: Tuning | null }>('POST', `/incidents/${id}/label`, { body: { real } })).data

export const undoTuning = (id: string) => call<Tuning>('POST', `/incidents/tunings/${id}/undo`)

export const addRule = (body: RuleBody) => call<Rule>('POST', '/incidents/rules', { body })

/** Reads the version first: a change is made from what is there now. */
const fresh = (id: string): Promise<Answer<Rule>> => call<Rule>('GET', `/incidents/rules/${id}`)

export const changeRule = async (id: string, body: RuleBody) => {
  const { etag } = await fresh(id)
  return call<Rule>('PUT', `/incidents/rules/${id}`, { body, ifMatch: etag ?? undefined })
}

export const dropRule = async (id: string) => {
  const { etag } = await fresh(id)
  return call('DELETE', `/incidents/rules/${id}`, { ifMatch: etag ?? undefined })
}

export const undoRuleChange = (id: string) => call('POST', `/incidents/rules/changes/${id}/undo`)

/** A retrieval: it needs a grant and a purpose, and is registered. */
export const incidentPicture = (id: string, kind: Evidence['kind'], purpose: { code: string; text: string }) =>
  callForBlob('POST', `/incidents/${id}/${kind}`, { body: { purpose_code: purpose.code, purpose_text: purpose.text } })
