import { useQuery, keepPreviousData } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type {
  Analysis, AuditEntry, Boundaries, Camera, CameraMap, CameraPage, CountsNow, GroupNode, HealthSummary, List, Model,
  Person, Probe, Purpose, Region, Retrieval, Role, SeriesItem, System, Token, TreeNode,
} from './types'

const MINUTE = 60_000

export const useCamera = (id: string) =>
  useQuery({ queryKey: ['camera', id], queryFn: ({ signal }) => call<Camera>('GET', `/cameras/${id}`, { signal }) })

export const useCameras = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['cameras', query],
    queryFn: ({ signal }) => get<CameraPage>('/cameras', query, signal),
    enabled,
    placeholderData: keepPreviousData,
  })

export const useTree = (parent: string, enabled = true) =>
  useQuery({
    queryKey: ['tree', parent],
    queryFn: ({ signal }) => get<{ items: TreeNode[] }>('/cameras/tree', { parent }, signal),
    enabled,
  })

/** The lower platforms at the top of the tree of groups; below them is read as it is opened. */
export const useGroups = () =>
  useQuery({
    queryKey: ['groups', null],
    queryFn: ({ signal }) => get<{ items: GroupNode[] }>('/cameras/groups', undefined, signal),
    staleTime: MINUTE,
  })

export const useSummary = (region: string) =>
  useQuery({
    queryKey: ['summary', region],
    queryFn: ({ signal }) => get<HealthSummary>('/cameras/summary', { region }, signal),
  })

export const usePlatforms = () =>
  useQuery({
    queryKey: ['platforms'],
    queryFn: ({ signal }) => get<List<{ id: string; name: string }>>('/platforms', undefined, signal),
    staleTime: 10 * MINUTE,
  })

export const useCameraMap = (query: Query | null) =>
  useQuery({
    queryKey: ['camera-map', query],
    queryFn: ({ signal }) => get<CameraMap>('/cameras/map', query ?? {}, signal),
    enabled: query !== null,
    placeholderData: keepPreviousData,
  })

export const useBoundaries = (code: string) =>
  useQuery({
    queryKey: ['boundaries', code],
    queryFn: ({ signal }) => get<Boundaries>(`/regions/${code}/boundaries`, undefined, signal),
    staleTime: Infinity,
  })

export const useRegions = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['regions', query],
    queryFn: ({ signal }) => get<List<Region>>('/regions', query, signal),
    staleTime: 10 * MINUTE,
    enabled,
  })

export const useRegion = (code: string | undefined, enabled = true) =>
  useQuery({
    queryKey: ['region', code],
    queryFn: ({ signal }) => get<Region>(`/regions/${code ?? ''}`, undefined, signal),
    staleTime: Infinity,
    enabled: enabled && code !== undefined,
  })

export const useProbes = (id: string, enabled = true) =>
  useQuery({
    queryKey: ['probes', id],
    queryFn: ({ signal }) => get<List<Probe>>(`/cameras/${id}/probes`, undefined, signal),
    enabled,
  })

export const useAnalysis = (id: string, enabled = true) =>
  useQuery({
    queryKey: ['analysis', id],
    queryFn: ({ signal }) => call<Analysis>('GET', `/cameras/${id}/analysis`, { signal }),
    // Its running state changes by itself; what is being edited is kept apart from it.
    refetchInterval: MINUTE / 12,
    enabled,
  })

export const usePurposes = () =>
  useQuery({
    queryKey: ['purposes'],
    queryFn: ({ signal }) => get<{ items: Purpose[] }>('/purposes', undefined, signal),
    staleTime: Infinity,
  })

export const useCountsNow = (region: string, enabled = true) =>
  useQuery({
    queryKey: ['counts-now', region],
    queryFn: ({ signal }) => get<CountsNow>('/counts/now', { region }, signal),
    refetchInterval: MINUTE / 4,
    enabled,
  })

export const useSeries = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['counts-series', query],
    queryFn: ({ signal }) => get<{ items: SeriesItem[] }>('/counts/series', query, signal),
    refetchInterval: MINUTE / 4,
    enabled,
    placeholderData: keepPreviousData,
  })

export const useRetrievals = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['retrievals', query],
    queryFn: ({ signal }) => get<List<Retrieval>>('/retrievals', query, signal),
    // Other people look too; one's own viewing is seen at once (see useView).
    refetchInterval: MINUTE / 2,
    enabled,
    placeholderData: keepPreviousData,
  })

export const useSystem = (enabled = true) =>
  useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => get<System>('/system', undefined, signal),
    refetchInterval: MINUTE / 4,
    enabled,
  })

export const useModels = (enabled = true) =>
  useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => get<{ items: Model[] }>('/models', undefined, signal),
    enabled,
  })

export const usePeople = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['people', query],
    queryFn: ({ signal }) => get<List<Person>>('/people', query, signal),
    enabled,
  })

export const useRoles = (enabled = true) =>
  useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => get<{ items: Role[] }>('/roles', undefined, signal), enabled })

export const useTokens = (enabled = true) =>
  useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => get<List<Token>>('/tokens', undefined, signal), enabled })

export const useAudit = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['audit', query],
    queryFn: ({ signal }) => get<List<AuditEntry>>('/audit', query, signal),
    enabled,
    placeholderData: keepPreviousData,
  })
