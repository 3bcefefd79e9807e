import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { call, get } from './client'
import type { CameraItem, List } from './types'

/** One camera, or several shown one after another, each for so many seconds. */
export interface Tour {
  cameras: string[]
  seconds: number
}

export type Size = 1 | 4 | 9 | 16

/** What hangs where, row by row; a `tour` fills all cells in turn. */
export interface Layout {
  size: Size
  cells: (Tour | null)[]
  tour: Tour | null
}

export interface WallItem {
  id: string
  name: string
  owner: string
  mine: boolean
  shared: boolean
  size: Size
  /** How many hang there. */
  cameras: number
  tours: boolean
  updated_at: string
}

export interface Wall extends Omit<WallItem, 'size' | 'cameras' | 'tours'> {
  layout: Layout
  /** Those of its cameras that the person may see. */
  cameras: CameraItem[]
  created_at: string
}

export interface Desk {
  layout: Layout
  wall_id: string | null
  wall_name: string | null
  cameras: CameraItem[]
  updated_at: string | null
}

export const useWalls = (enabled: boolean) =>
  useQuery({ queryKey: ['walls'], queryFn: ({ signal }) => get<List<WallItem>>('/walls', { limit: 200 }, signal), enabled })

export const readWall = (id: string) => call<Wall>('GET', `/walls/${id}`)
export const readDesk = () => get<Desk>('/walls/current')
export const keepDesk = (layout: Layout, wall: string | null) => call('PUT', '/walls/current', { body: { layout, wall_id: wall } })
export const keepWall = (name: string, shared: boolean, layout: Layout) => call<Wall>('POST', '/walls', { body: { name, shared, layout } })
export const changeWall = (id: string, change: { name?: string; shared?: boolean; layout?: Layout }) =>
  call<Wall>('PATCH', `/walls/${id}`, { body: change, ifMatch: '*' })
export const forgetWall = (id: string) => call('DELETE', `/walls/${id}`)

/** Every camera the person has marked; there are at most 500. */
export const useFavourites = (enabled = true) =>
  useQuery({
    queryKey: ['favourites'],
    queryFn: ({ signal }) => get<List<CameraItem>>('/favourites', { limit: 500 }, signal),
    staleTime: 60_000,
    enabled,
  })

/** Marks a camera or takes the mark off; the list is read again afterwards. */
export function useMark(): (camera: string, on: boolean) => Promise<void> {
  const queries = useQueryClient()
  return useCallback(
    async (camera: string, on: boolean) => {
      await call(on ? 'PUT' : 'DELETE', `/favourites/${camera}`)
      await queries.invalidateQueries({ queryKey: ['favourites'] })
    },
    [queries],
  )
}
