import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { List } from './types'

const SECOND = 1000

export type Right = 'live' | 'playback' | 'download' | 'control' | 'alarms'
export const RIGHTS: readonly Right[] = ['live', 'playback', 'download', 'control', 'alarms']

export interface ShareLimits {
  mask?: 'faces_plates' | 'faces' | 'plates' | null
  resolution?: number | null
  fps?: number | null
}

export interface UpperPlatform {
  id: string
  code: string
  name: string
  organisation: string
  domain: string
  host: string
  port: number
  transport: 'udp' | 'tcp'
  zone: string
  own_code: string | null
  version: '2.0' | '3.0'
  charset: 'GB18030' | 'GB2312' | 'UTF-8'
  expires_seconds: number
  keepalive_seconds: number
  streams_most: number
  kbits_most: number
  media_networks: string[]
  limits: ShareLimits
  enabled: boolean
  has_password: boolean
  state: 'off' | 'registering' | 'registered' | 'refused' | 'silent'
  problem: string | null
  problem_detail: string | null
  state_since: string | null
  registered_at: string | null
  expires_at: string | null
  keepalive_at: string | null
  streams: number
  shares: number
  cameras: number
  /** Chosen cameras left out because they came from above. */
  loops: number
  mutual: boolean
}

/** A choice of cameras, as grants and shares take it. */
export interface Choice {
  everything?: boolean
  regions?: string[]
  groups?: { source: string; code: string }[]
  tags?: string[]
  polygon?: GeoJSON.Polygon | GeoJSON.MultiPolygon
  cameras?: string[]
}

export interface Share {
  id: string
  upper_id: string
  name: string
  selection: Choice
  rights: Right[]
  naming: 'own' | 'place'
  enabled: boolean
}

export interface Shown {
  /** The id the upper platform sees. */
  code: string
  kind: 'region' | 'camera'
  name: string
  region: string
  online: boolean
  rights: Right[]
  camera_id: string | null
}

export interface UpperStream {
  code: string
  camera_id: string
  camera_name: string
  action: 'live' | 'playback' | 'download'
  node: string
  since: string
  kbits: number | null
}

export const useUppers = () =>
  useQuery({
    queryKey: ['uppers'],
    queryFn: ({ signal }) => get<List<UpperPlatform>>('/upper-platforms', undefined, signal),
    // Who is registered changes by itself.
    refetchInterval: 5 * SECOND,
  })

export const useUpper = (id: string | null) =>
  useQuery({
    queryKey: ['upper', id],
    queryFn: ({ signal }) => call<UpperPlatform>('GET', `/upper-platforms/${id ?? ''}`, { signal }),
    refetchInterval: 5 * SECOND,
    enabled: id !== null,
  })

export const useShares = (upper: string) =>
  useQuery({
    queryKey: ['shares', upper],
    queryFn: ({ signal }) => get<List<Share>>(`/upper-platforms/${upper}/shares`, undefined, signal),
  })

export const useUpperStreams = (upper: string) =>
  useQuery({
    queryKey: ['upper-streams', upper],
    queryFn: ({ signal }) => get<List<UpperStream>>(`/upper-platforms/${upper}/streams`, undefined, signal),
    refetchInterval: 5 * SECOND,
  })

export const useShown = (upper: string, query: Query) =>
  useQuery({
    queryKey: ['upper-shown', upper, query],
    queryFn: ({ signal }) => get<List<Shown> & { total: number }>(`/upper-platforms/${upper}/preview`, query, signal),
    // A share that was changed a moment ago is counted some seconds later.
    refetchInterval: 5 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useChoiceCount = (choice: Choice, enabled: boolean) =>
  useQuery({
    queryKey: ['choice-count', choice],
    queryFn: async ({ signal }) =>
      (await call<{ cameras: number; online: number; outside: number }>('POST', '/shares/count', { body: { selection: choice }, signal })).data,
    enabled,
    retry: false,
    placeholderData: keepPreviousData,
  })
