import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type {
  BulkDone, Candidate, CaseAction, CaseDetail, CaseItem, CaseKind, CaseStep, CaseSummary, DeviceAlarm, InboxNotice, List, NoticeChannel,
  NoticeDelivery, NoticeRule, Recognised, TrackPoint, Unread,
} from './types'

const SECOND = 1000

export const useCases = (query: Query) =>
  useQuery({
    queryKey: ['cases', query],
    queryFn: ({ signal }) => get<List<CaseItem>>('/cases', query, signal),
    // What is overdue becomes so by itself.
    refetchInterval: 60 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useCaseSummary = (enabled = true) =>
  useQuery({
    queryKey: ['cases', 'summary'],
    queryFn: ({ signal }) => get<CaseSummary>('/cases/summary', undefined, signal),
    refetchInterval: 60 * SECOND,
    enabled,
  })

export const useCase = (id: string) =>
  useQuery({ queryKey: ['cases', id], queryFn: ({ signal }) => call<CaseDetail>('GET', `/cases/${id}`, { signal }) })

export const useCaseSteps = (id: string, after: string | undefined) =>
  useQuery({
    queryKey: ['cases', id, 'steps', after],
    queryFn: ({ signal }) => get<List<CaseStep>>(`/cases/${id}/steps`, { after, limit: 200 }, signal),
    placeholderData: keepPreviousData,
  })

export const useCaseKinds = () =>
  useQuery({ queryKey: ['case-kinds'], queryFn: ({ signal }) => get<List<CaseKind>>('/cases/kinds', undefined, signal), staleTime: Infinity })

export const useCandidates = (region: string, q: string, kind = '') =>
  useQuery({
    queryKey: ['case-candidates', region, q, kind],
    queryFn: ({ signal }) => get<List<Candidate>>('/cases/candidates', { region, q, kind }, signal),
    placeholderData: keepPreviousData,
  })

export interface StepBody {
  action: CaseAction
  words?: string
  assignee?: { kind: string; id: string }
  into?: string
}

/** Takes a step from the version that was shown. */
export const takeStep = (id: string, body: StepBody, etag: string | null) =>
  call<CaseDetail>('POST', `/cases/${id}/steps`, { body, ifMatch: etag ?? undefined })

export const assignMany = async (cases: readonly string[], assignee: { kind: string; id: string }) =>
  (await call<BulkDone>('POST', '/cases/assignments', { body: { cases, assignee } })).data

export const undoAssign = async (batch: string) => (await call<BulkDone>('DELETE', `/cases/assignments/${batch}`)).data

// --- notices --------------------------------------------------------------------------------------------------------

export const useUnread = (enabled: boolean) =>
  useQuery({
    queryKey: ['notices', 'unread'],
    queryFn: ({ signal }) => get<Unread>('/notices/unread', undefined, signal),
    // The live topic says when there is something new; this only catches up after a break.
    refetchInterval: 120 * SECOND,
    enabled,
  })

export const useNotices = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['notices', query],
    queryFn: ({ signal }) => get<List<InboxNotice>>('/notices', query, signal),
    placeholderData: keepPreviousData,
    enabled,
  })

export const useChannels = (enabled = true) =>
  useQuery({
    queryKey: ['notice-channels'],
    queryFn: ({ signal }) => get<List<NoticeChannel>>('/notices/channels', undefined, signal),
    refetchInterval: 15 * SECOND,
    enabled,
  })

export const useRules = () =>
  useQuery({ queryKey: ['notice-rules'], queryFn: ({ signal }) => get<List<NoticeRule>>('/notices/rules', undefined, signal) })

export const useDeliveries = (query: Query) =>
  useQuery({
    queryKey: ['notice-deliveries', query],
    queryFn: ({ signal }) => get<List<NoticeDelivery>>('/notices/deliveries', query, signal),
    refetchInterval: 5 * SECOND,
    placeholderData: keepPreviousData,
  })

// --- what a camera told ---------------------------------------------------------------------------------------------

export const useCameraAlarms = (camera: string, after: string | undefined) =>
  useQuery({
    queryKey: ['camera-alarms', camera, after],
    queryFn: ({ signal }) => get<List<DeviceAlarm>>('/alarms', { camera, after, limit: 20 }, signal),
    placeholderData: keepPreviousData,
    retry: false,
  })

export const useTrack = (camera: string, since: string) =>
  useQuery({
    queryKey: ['camera-track', camera, since],
    queryFn: ({ signal }) => get<List<TrackPoint>>(`/cameras/${camera}/positions`, { since, limit: 500 }, signal),
    refetchInterval: 30 * SECOND,
    retry: false,
  })

export const useRecognised = (camera: string, query: Query, enabled: boolean) =>
  useQuery({
    queryKey: ['recognised', camera, query],
    queryFn: ({ signal }) => get<List<Recognised>>(`/cameras/${camera}/recognised`, query, signal),
    placeholderData: keepPreviousData,
    // Each look is written down: nothing looks by itself.
    refetchOnWindowFocus: false,
    staleTime: Infinity,
    enabled,
  })
