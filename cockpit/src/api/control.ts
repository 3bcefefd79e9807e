import { useQuery } from '@tanstack/react-query'
import { get } from './client'
import type { DeviceStatus, Diagnosis, Preset, PtzLock, RecordItem, Snapshot } from './types'

const SECOND = 1000

export const useLock = (id: string) =>
  useQuery({
    queryKey: ['ptz-lock', id],
    queryFn: ({ signal }) => get<PtzLock>(`/cameras/${id}/ptz/lock`, undefined, signal),
    refetchInterval: 5 * SECOND,
  })

export const usePresets = (id: string) =>
  useQuery({
    queryKey: ['presets', id],
    queryFn: ({ signal }) => get<{ items: Preset[] }>(`/cameras/${id}/presets`, undefined, signal),
    retry: false,
    staleTime: 60 * SECOND,
  })

/** Asks the device itself, so only when a person wants it. */
export const useDeviceStatus = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ['device-status', id],
    queryFn: ({ signal }) => get<DeviceStatus>(`/cameras/${id}/device-status`, undefined, signal),
    retry: false,
    enabled,
  })

export const useRecords = (id: string, from: string | undefined, to: string | undefined) =>
  useQuery({
    queryKey: ['records', id, from, to],
    queryFn: ({ signal }) => get<{ items: RecordItem[]; complete?: boolean }>(`/cameras/${id}/records`, { from, to }, signal),
    retry: false,
    staleTime: 60 * SECOND,
    enabled: from !== undefined && to !== undefined,
  })

export const useDiagnosis = (id: string) =>
  useQuery({
    queryKey: ['diagnosis', id],
    queryFn: ({ signal }) => get<Diagnosis>(`/cameras/${id}/diagnosis`, undefined, signal),
    retry: false,
  })

/** One series of pictures that was asked for, until it has come. */
export const useSnapshot = (camera: string, first: Snapshot) =>
  useQuery({
    queryKey: ['snapshot', camera, first.id],
    queryFn: ({ signal }) => get<Snapshot>(`/cameras/${camera}/snapshots/${first.id}`, undefined, signal),
    initialData: first,
    refetchInterval: ({ state }) => (state.data?.state === 'asked' ? SECOND : false),
    staleTime: SECOND,
  })
