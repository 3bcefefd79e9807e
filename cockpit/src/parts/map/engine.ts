import { MapboxOverlay } from '@deck.gl/mapbox'
import type { PickingInfo } from '@deck.gl/core'
import { Map as MapLibre, setWorkerUrl, type StyleSpecification } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Boundaries } from '@/api/types'
import type { Tokens } from '@/app/theme/tokens'
import type { CameraPoint, Cell } from './layers'

setWorkerUrl(workerUrl)

/** The whole of Guangxi, [west, south, east, north]. */
export const WHOLE: [number, number, number, number] = [104.45, 20.9, 112.06, 26.39]
const LIMITS: [number, number, number, number] = [99, 17, 118, 30]

export interface MapView {
  /** [west, south, east, north], WGS-84 degrees. */
  bbox: [number, number, number, number]
  zoom: number
}

export interface EngineEvents {
  onView: (view: MapView) => void
  onPick: (picked: CameraPoint | Cell, x: number, y: number) => void
  onHover: (hovered: CameraPoint | Cell | null, x: number, y: number) => void
}

const EMPTY: Boundaries = { type: 'FeatureCollection', features: [] }

function style(tokens: Tokens, boundaries: Boundaries): StyleSpecification {
  return {
    version: 8,
    sources: { regions: { type: 'geojson', data: boundaries as GeoJSON.FeatureCollection, tolerance: 0.6 } },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': tokens.sea } },
      { id: 'land', type: 'fill', source: 'regions', paint: { 'fill-color': tokens.land, 'fill-antialias': true } },
      { id: 'borders', type: 'line', source: 'regions', paint: { 'line-color': tokens.landLine, 'line-width': 1 } },
    ],
  }
}

/** The map without React: MapLibre draws the ground, deck.gl the cameras, in one WebGL context, only when something changed. */
export class MapEngine {
  private readonly map: MapLibre
  private readonly overlay: MapboxOverlay
  private moved = false

  constructor(container: HTMLElement, tokens: Tokens, boundaries: Boundaries | undefined, events: EngineEvents) {
    this.map = new MapLibre({
      container,
      style: style(tokens, boundaries ?? EMPTY),
      bounds: WHOLE,
      fitBoundsOptions: { padding: 24 },
      maxBounds: LIMITS,
      minZoom: 4.5,
      maxZoom: 18,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      fadeDuration: 0,
    })
    this.map.touchZoomRotate.disableRotation()
    this.map.keyboard.disableRotation()
    this.overlay = new MapboxOverlay({
      interleaved: true,
      layers: [],
      pickingRadius: 6,
      onHover: (info: PickingInfo<CameraPoint | Cell>) => {
        this.map.getCanvas().style.cursor = info.object ? 'pointer' : ''
        events.onHover(info.object ?? null, info.x, info.y)
      },
      onClick: (info: PickingInfo<CameraPoint | Cell>) => {
        if (info.object) events.onPick(info.object, info.x, info.y)
      },
    })
    this.map.addControl(this.overlay)
    const report = () => {
      const bounds = this.map.getBounds()
      events.onView({
        bbox: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()],
        zoom: this.map.getZoom(),
      })
    }
    this.map.on('load', report)
    this.map.on('moveend', report)
    this.map.on('movestart', (event) => {
      if ('originalEvent' in event && event.originalEvent) this.moved = true
    })
    // Until somebody has moved the map, the whole region stays in view when the window changes.
    this.map.on('resize', () => {
      if (!this.moved) this.whole(false)
    })
  }

  setLayers(list: Parameters<MapboxOverlay['setProps']>[0]['layers']): void {
    this.overlay.setProps({ layers: list })
  }

  setBoundaries(tokens: Tokens, boundaries: Boundaries): void {
    this.map.setStyle(style(tokens, boundaries), { diff: true })
  }

  zoomBy(step: number): void {
    this.moved = true
    this.map.zoomTo(this.map.getZoom() + step, { animate: false })
  }

  whole(byHand = true): void {
    if (byHand) this.moved = false
    this.map.fitBounds(WHOLE, { padding: 24, animate: false })
  }

  fit(bounds: [number, number, number, number]): void {
    this.moved = true
    this.map.fitBounds(bounds, { padding: 40, animate: false, maxZoom: 14 })
  }

  goTo(position: [number, number], zoom: number): void {
    this.moved = true
    this.map.jumpTo({ center: position, zoom })
  }

  zoom(): number {
    return this.map.getZoom()
  }

  close(): void {
    this.map.remove()
  }
}
