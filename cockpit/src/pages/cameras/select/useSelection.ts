import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { alongRoute, keepSelection, nearestTo, selectInside, type BesideCamera, type NearCamera } from '@/api/areas'
import { get, type Query } from '@/api/client'
import type { Camera, CameraItem, HealthSummary } from '@/api/types'
import { lineOf, polygonOf, type MapShape, type Place } from '@/parts/map/shapes'

export type Tool = 'inside' | 'nearest' | 'along'

export interface Chosen {
  counts: HealthSummary | null
  /** Some of the cameras, in the order the tool gives them. */
  cameras: readonly (CameraItem | NearCamera | BesideCamera)[]
  /** Length of the route, metres. */
  length: number | null
}

/** How many cameras of an area are named; all are counted. */
const NAMED = 12

async function choose(tool: Tool, points: readonly Place[], metres: number, filters: Query): Promise<Chosen | null> {
  if (tool === 'nearest') {
    const [place] = points
    if (!place) return null
    return { counts: null, cameras: (await nearestTo(filters, place)).items, length: null }
  }
  if (tool === 'along') {
    const line = lineOf(points)
    if (!line) return null
    const { items, counts, length } = await alongRoute(filters, line, metres)
    return { counts, cameras: items, length }
  }
  const polygon = polygonOf(points)
  if (!polygon) return null
  const { items, counts } = await selectInside(filters, polygon)
  const cameras = await Promise.all(items.slice(0, NAMED).map((id) => get<Camera>(`/cameras/${id}`)))
  return { counts, cameras, length: null }
}

/** Keeps what was chosen as a set that every page understands; returns its id. */
async function keep(tool: Tool, points: readonly Place[], metres: number, filters: Query, named: Chosen): Promise<string> {
  const polygon = tool === 'inside' ? polygonOf(points) : null
  const line = tool === 'along' ? lineOf(points) : null
  const shape = polygon ? { polygon } : line ? { line, metres } : { cameras: named.cameras.map((camera) => camera.id) }
  return (await keepSelection(filters, shape)).id
}

/** Cameras chosen by a shape that is drawn on the map: places are set one by one, then asked for as a whole. */
export function useSelection(filters: Query) {
  const [tool, setTool] = useState<Tool | null>(null)
  const [points, setPoints] = useState<readonly Place[]>([])
  const [done, setDone] = useState(false)
  const [metres, setMetres] = useState(50)

  const take = useCallback((next: Tool | null) => {
    setTool(next)
    setPoints([])
    setDone(false)
  }, [])
  const onPlace = useCallback(
    (place: [number, number]) => {
      if (tool === 'nearest') {
        setPoints([place])
        setDone(true)
      } else if (!done) setPoints((before) => [...before, place])
    },
    [tool, done],
  )
  const onPlaced = useCallback(() => setDone(true), [])
  const back = useCallback(() => {
    setDone(false)
    setPoints((before) => before.slice(0, -1))
  }, [])

  const least = tool === 'inside' ? 3 : tool === 'along' ? 2 : 1
  const ready = tool !== null && done && points.length >= least
  const found = useQuery({
    queryKey: ['selection', tool, points, metres, filters],
    queryFn: () => (tool === null ? null : choose(tool, points, metres, filters)),
    enabled: ready,
    retry: false,
  })
  const shapes = useMemo<readonly MapShape[]>(
    () =>
      tool === null
        ? []
        : [
            ...(tool === 'nearest' ? [] : [{ kind: tool === 'inside' ? ('area' as const) : ('path' as const), points, tone: 'accent' as const }]),
            { kind: 'spots', points, tone: 'accent' },
          ],
    [tool, points],
  )
  const chosen = ready ? (found.data ?? null) : null
  return {
    keep: () => (tool === null || chosen === null ? null : keep(tool, points, metres, filters, chosen)),
    tool, take, points, metres, setMetres, least, done, onPlace, onPlaced, back, shapes,
    found: chosen,
    busy: ready && found.isFetching,
    error: ready ? found.error : null,
    // Another place may be tried at once; a drawn shape rests until it is drawn again.
    placing: tool !== null && (tool === 'nearest' || !done),
  }
}

export type Selection = ReturnType<typeof useSelection>
