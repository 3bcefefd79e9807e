import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { GbDeviceDetail, GbDevices, List, RefusedRegistration, Reported, Sync, VanishedCamera, ViidDevice } from './types'

const SECOND = 1000

export const useDevices = (query: Query) =>
  useQuery({
    queryKey: ['gb-devices', query],
    queryFn: ({ signal }) => get<GbDevices>('/gb28181/devices', query, signal),
    // Who is online changes by itself.
    refetchInterval: 10 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useDevice = (id: string | null) =>
  useQuery({
    queryKey: ['gb-device', id],
    queryFn: ({ signal }) => call<GbDeviceDetail>('GET', `/gb28181/devices/${id ?? ''}`, { signal }),
    refetchInterval: 10 * SECOND,
    enabled: id !== null,
  })

const LIVELY: readonly Sync['state'][] = ['waiting', 'running']
export const isLively = (sync: Sync): boolean => LIVELY.includes(sync.state)

export const useSyncs = (query: Query, enabled = true) =>
  useQuery({
    queryKey: ['syncs', query],
    queryFn: ({ signal }) => get<List<Sync>>('/syncs', query, signal),
    // Close to what runs, far from what rests.
    refetchInterval: ({ state }) => (state.data?.items.some(isLively) ? 2 * SECOND : 15 * SECOND),
    placeholderData: keepPreviousData,
    enabled,
  })

export const useVanished = (query: Query) =>
  useQuery({
    queryKey: ['vanished', query],
    queryFn: ({ signal }) => get<List<VanishedCamera>>('/cameras/vanished', query, signal),
    placeholderData: keepPreviousData,
  })

export const useRefused = (enabled: boolean) =>
  useQuery({
    queryKey: ['gb-refused'],
    queryFn: ({ signal }) => get<{ items: RefusedRegistration[] }>('/gb28181/refused', undefined, signal),
    refetchInterval: 10 * SECOND,
    retry: false,
    enabled,
  })

export const useReported = (id: string) =>
  useQuery({
    queryKey: ['reported', id],
    queryFn: ({ signal }) => get<Reported>(`/cameras/${id}/reported`, undefined, signal),
    retry: false,
  })

export const useViidDevices = (query: Query) =>
  useQuery({
    queryKey: ['viid-devices', query],
    queryFn: ({ signal }) => get<List<ViidDevice>>('/viid/devices', query, signal),
    refetchInterval: 10 * SECOND,
    placeholderData: keepPreviousData,
  })
