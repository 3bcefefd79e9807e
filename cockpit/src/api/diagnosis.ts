import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, callForBlob, get } from './client'
import type { List } from './types'

const SECOND = 1000

export type Phase = 'day' | 'night'
export type Unit = 'share' | 'grey' | 'permille' | 'seconds' | 'score'

export interface Share {
  share: number
  low: number
  high: number
  n: number
}

export interface Detection {
  /** Under the ROC, 0.5 is guessing. */
  area: number
  found: Share
  false: Share
  strengths: { zh: string; en: string; found: number; n: number }[]
}

export interface Limit {
  /** Kind of camera; empty: all without their own. */
  kind: string
  phase: Phase
  value: number
  shipped: number
  changed: boolean
}

interface Words {
  name: string
  definition: string
  next: string
}

export interface DiagnosisItem {
  code: string
  unit: Unit
  worse: 'above' | 'below'
  least: number
  most: number
  looks: number
  needs: 'picture' | 'earlier' | 'reference' | 'text'
  spoils: boolean
  zh: Words
  en: Words
  limits: Limit[]
  detection: Detection | null
}

export interface DiagnosisItems {
  items: DiagnosisItem[]
  measured_on: string
  clips: string[]
  minutes: number
  milliseconds: number
  false: Share
  note: { zh: string; en: string }
}

export interface DiagnosisCounts {
  as_of: string
  cameras: number
  looked: number
  intact: number
  faulty: number
  items: { item: string; faulty: number; well: number }[]
}

export interface Faulty {
  camera_id: string
  name: string
  code: string
  region: string
  region_name: string | null
  address: string
  kind: string
  item: string
  score: number
  threshold: number
  since: string
  at: string
  has_evidence: boolean
  evidence_at: string | null
  detail: Record<string, unknown> | null
}

export interface Verdict {
  item: string
  state: 'unknown' | 'well' | 'fault'
  score: number
  threshold: number
  streak: number
  since: string
  at: string
  has_evidence: boolean
  evidence_at: string | null
  detail: Record<string, unknown> | null
}

export interface Feedback {
  id: string
  item: string
  act: 'mute' | 'threshold'
  value: number | null
  until: string | null
  score: number | null
  at: string
  person: string
  note: string
  undone_at: string | null
  undone_by: string | null
}

export interface CameraFindings {
  verdicts: Verdict[]
  looks: { at: string; phase: Phase; scores: Record<string, number> }[]
  feedback: Feedback[]
}

export interface ThresholdChange {
  id: string
  item: string
  kind: string
  phase: Phase
  value: number | null
  at: string
  person: string
  note: string
  undone_at: string | null
  undone_by: string | null
}

export interface ThresholdWish {
  item: string
  kind: string
  phase: Phase
  value: number | null
}

export interface Preview {
  looks: number
  flagged: number
  flagged_now: number
  cameras: number
  flagged_cameras: number
  value: number
  value_now: number
}

export const useDiagnosisItems = () =>
  useQuery({
    queryKey: ['diagnosis-items'],
    queryFn: ({ signal }) => get<DiagnosisItems>('/diagnosis/items', undefined, signal),
    staleTime: 60 * SECOND,
  })

export const useDiagnosisCounts = (region: string | undefined) =>
  useQuery({
    queryKey: ['diagnosis-counts', region],
    queryFn: ({ signal }) => get<DiagnosisCounts>('/diagnosis/counts', { region }, signal),
    refetchInterval: 15 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useFaulty = (region: string | undefined, item: string | undefined, after: string | undefined) =>
  useQuery({
    queryKey: ['diagnosis-findings', region, item, after],
    queryFn: ({ signal }) => get<List<Faulty>>('/diagnosis/findings', { region, item, after, limit: 50 }, signal),
    refetchInterval: 15 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useCameraFindings = (id: string) =>
  useQuery({
    queryKey: ['camera-findings', id],
    queryFn: ({ signal }) => get<CameraFindings>(`/cameras/${id}/findings`, undefined, signal),
    refetchInterval: 10 * SECOND,
  })

/** The newest changes, with the ETag a further one is made from. */
export const useThresholdChanges = () =>
  useQuery({
    queryKey: ['diagnosis-thresholds'],
    queryFn: ({ signal }) => call<List<ThresholdChange>>('GET', '/diagnosis/thresholds', { signal }),
  })

export const usePreview = (wish: ThresholdWish | null) =>
  useQuery({
    queryKey: ['diagnosis-preview', wish],
    queryFn: ({ signal }) => get<Preview>('/diagnosis/thresholds/preview', { ...wish }, signal),
    enabled: wish !== null && wish.value !== null,
    placeholderData: keepPreviousData,
  })

/** What is read afresh after people said something. */
export const SAID = ['diagnosis-counts', 'diagnosis-findings', 'camera-findings', 'camera'] as const

export const lookNow = (cameras: string[]) => call<{ job: number; cameras: number }>('POST', '/diagnosis/looks', { body: { camera_ids: cameras } })

export const sayNormal = (camera: string, item: string, body: { value: number | null; until: string | null; note: string }) =>
  call<Feedback>('POST', `/cameras/${camera}/findings/${item}/feedback`, { body })

export const undoFeedback = (camera: string, id: string) => call<Feedback>('POST', `/cameras/${camera}/feedback/${id}/undo`)

export const setThreshold = (wish: ThresholdWish & { note: string }, etag: string | null) =>
  call<ThresholdChange>('POST', '/diagnosis/thresholds', { body: wish, ifMatch: etag ?? undefined })

export const undoThreshold = (id: string) => call<ThresholdChange>('POST', `/diagnosis/thresholds/${id}/undo`)

/** The kept picture; a retrieval, so it has a purpose. */
export const evidencePicture = (camera: string, item: string, purpose: { code: string; text: string }) =>
  callForBlob('POST', `/cameras/${camera}/findings/${item}/evidence`, { body: { purpose_code: purpose.code, purpose_text: purpose.text } })
