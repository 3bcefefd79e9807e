import { useCallback, useState } from 'react'
import type { Query } from '@/api/client'
import { useCameraMap } from '@/api/queries'
import type { MapView } from './engine'

/** Camera map data for what is in view; the window is rounded outwards so that small moves ask nothing new. */
export function mapQuery(view: MapView, filters: Query): Query {
  const step = 360 / 2 ** (Math.max(4, Math.round(view.zoom)) + 2)
  const down = (value: number) => Number((Math.floor(value / step) * step).toFixed(5))
  const up = (value: number) => Number((Math.ceil(value / step) * step).toFixed(5))
  const [west, south, east, north] = view.bbox
  const bbox = [down(west), Math.max(-90, down(south)), up(east), Math.min(90, up(north))]
  return { ...filters, bbox: bbox.join(','), zoom: Math.floor(view.zoom * 2) / 2 }
}

export function useMapData(filters: Query) {
  const [view, setView] = useState<MapView | null>(null)
  const onView = useCallback((next: MapView) => setView(next), [])
  const query = useCameraMap(view ? mapQuery(view, filters) : null)
  return { data: query.data, error: query.error, onView, zoom: view?.zoom ?? null }
}
