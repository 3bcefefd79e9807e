import 'maplibre-gl/dist/maplibre-gl.css'
import { MinusOutlined, PlusOutlined, FullscreenOutlined } from '@ant-design/icons'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useBoundaries } from '@/api/queries'
import type { CameraMap } from '@/api/types'
import { useTokens } from '@/app/theme/Mood'
import { FONT } from '@/app/theme/tokens'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { partsText } from '../text'
import { MapEngine, webglWorks, type EngineEvents, type MapView } from './engine'
import { iconAtlas } from './icons'
import { cells, layers, points, type Cell } from './layers'
import { MapLegend } from './MapLegend'
import css from './RegionMap.module.css'
import { shapeLayers } from './shapeLayers'
import type { MapShape, Place } from './shapes'

export interface RegionMapProps {
  data: CameraMap | undefined
  onView: (view: MapView) => void
  onCamera: (id: string) => void
  /** Position of the chosen camera, [lon, lat]. */
  chosen?: [number, number] | null
  /** Region to bring into view; a code of the boundaries, or the whole. */
  region?: string | undefined
  scale?: number
  /** Drawn besides the cameras. */
  shapes?: readonly MapShape[]
  /** When given, a click sets a place and a double click is done; cameras are not opened meanwhile. */
  /** A place to bring close; each new one moves the map once. */
  focus?: Place | null
  placing?: { onPlace: (place: [number, number]) => void; onPlaced: () => void } | null
}

const NO_SHAPES: readonly MapShape[] = []

/** A tap on a hexagon goes this much closer, and in the end to single cameras. */
const CLOSER = 2
/** Zoom at which a single camera's field of view fills a good part of the map. */
const CLOSE = 16.5

export default function RegionMap({ data, onView, onCamera, chosen = null, region, scale = 1, shapes = NO_SHAPES, focus = null, placing = null }: RegionMapProps) {
  const t = useText(partsText)
  const f = useFormat()
  const tokens = useTokens()
  const boundaries = useBoundaries('45').data
  const holder = useRef<HTMLDivElement>(null)
  const [engine, setEngine] = useState<MapEngine | null>(null)
  const [drawable] = useState(webglWorks)
  const [hover, setHover] = useState<{ text: string; x: number; y: number } | null>(null)
  const atlas = useMemo(() => iconAtlas(), [])

  const events = useRef<EngineEvents | null>(null)
  useEffect(() => {
    events.current = {
      onView,
      onPick: (picked) => {
        if (picked.kind === 'camera') onCamera(picked.id)
        else engine?.goTo(picked.centre, engine.zoom() + CLOSER)
      },
      onHover: (hovered, x, y) =>
        setHover(hovered?.kind === 'cell' ? { text: t('map.cell', numbers(hovered, f.number)), x, y } : null),
      onPlace: (place) => placing?.onPlace(place),
      onPlaced: () => placing?.onPlaced(),
    }
  })

  // The engine is made once the outlines are there, so that the map appears whole.
  useEffect(() => {
    if (!holder.current || !boundaries || !drawable) return undefined
    const made = new MapEngine(holder.current, tokens, boundaries, {
      onView: (view) => events.current?.onView(view),
      onPick: (picked) => events.current?.onPick(picked),
      onHover: (hovered, x, y) => events.current?.onHover(hovered, x, y),
      onPlace: (place) => events.current?.onPlace(place),
      onPlaced: () => events.current?.onPlaced(),
    })
    // The map lives outside React; its effects below wait for it.
    queueMicrotask(() => setEngine(made))
    return () => {
      setEngine(null)
      made.close()
    }
  }, [boundaries, tokens, drawable])

  const density = useMemo(() => (data?.mode === 'density' ? cells(data) : []), [data])
  const cameras = useMemo(() => (data ? points(data) : []), [data])
  useEffect(() => {
    engine?.setLayers([
      ...shapeLayers(shapes, tokens),
      ...layers({ tokens, atlas, font: FONT, boundaries, cells: density, points: cameras, scale, chosen }),
    ])
  }, [engine, tokens, atlas, boundaries, density, cameras, scale, chosen, shapes])

  useEffect(() => {
    if (engine && focus) engine.goTo([focus[0], focus[1]], CLOSE)
  }, [engine, focus])

  const isPlacing = placing !== null
  useEffect(() => engine?.setPlacing(isPlacing), [engine, isPlacing])

  useEffect(() => {
    const feature = boundaries?.features.find(({ properties }) => region?.startsWith(properties.code))
    if (engine && feature) engine.fit(boundsOf(feature.geometry))
  }, [engine, region, boundaries])

  if (!drawable) return <p className={css.broken}>{t('map.noWebgl')}</p>
  return (
    <div className={css.map}>
      <div ref={holder} className={css.holder} role="application" aria-label={t('map.label')} />
      <div className={css.controls}>
        <button type="button" aria-label={t('map.zoomIn')} title={t('map.zoomIn')} onClick={() => engine?.zoomBy(1)}><PlusOutlined aria-hidden /></button>
        <button type="button" aria-label={t('map.zoomOut')} title={t('map.zoomOut')} onClick={() => engine?.zoomBy(-1)}><MinusOutlined aria-hidden /></button>
        <button type="button" aria-label={t('map.whole')} title={t('map.whole')} onClick={() => engine?.whole()}><FullscreenOutlined aria-hidden /></button>
      </div>
      <MapLegend density={data?.mode === 'density'} truncated={data?.mode === 'points' && data.truncated} />
      {hover && <p className={css.hover} style={{ left: hover.x, top: hover.y }}>{hover.text}</p>}
    </div>
  )
}

const numbers = (cell: Cell, word: (value: number) => string) => ({
  total: word(cell.total), works: word(cell.works), bad: word(cell.bad), offline: word(cell.offline), unknown: word(cell.unknown),
})

function boundsOf(geometry: GeoJSON.Geometry): [number, number, number, number] {
  const bounds: [number, number, number, number] = [180, 90, -180, -90]
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return
    const [lon, lat] = value as unknown[]
    if (typeof lon === 'number' && typeof lat === 'number') {
      bounds[0] = Math.min(bounds[0], lon)
      bounds[1] = Math.min(bounds[1], lat)
      bounds[2] = Math.max(bounds[2], lon)
      bounds[3] = Math.max(bounds[3], lat)
    } else value.forEach(visit)
  }
  if ('coordinates' in geometry) visit(geometry.coordinates)
  return bounds
}
