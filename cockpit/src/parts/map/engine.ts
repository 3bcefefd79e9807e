import { Deck, MapView as DeckMapView, type Layer } from '@deck.gl/core'
import { Map as MapLibre, setWorkerUrl, type MapMouseEvent, type StyleSpecification } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Boundaries } from '@/api/types'
import type { Tokens } from '@/app/theme/tokens'
import type { CameraPoint, Cell } from './layers'

setWorkerUrl(workerUrl)

/** The whole of Guangxi, [west, south, east, north]. */
export const WHOLE: [number, number, number, number] = [104.45, 20.9, 112.06, 26.39]
const LIMITS: [number, number, number, number] = [99, 17, 118, 30]
const PICK_RADIUS_PX = 6

export interface MapView {
  /** [west, south, east, north], WGS-84 degrees. */
  bbox: [number, number, number, number]
  zoom: number
}

export interface EngineEvents {
  onView: (view: MapView) => void
  onPick: (picked: CameraPoint | Cell) => void
  /** What is under the pointer, at CSS pixels from the map's corner. */
  onHover: (hovered: CameraPoint | Cell | null, x: number, y: number) => void
  /** While placing: where the person clicked, [lon, lat]. */
  onPlace: (place: [number, number]) => void
  /** While placing: a double click says that it is done. */
  onPlaced: () => void
}

function style(tokens: Tokens, boundaries: Boundaries): StyleSpecification {
  return {
    version: 8,
    sources: { regions: { type: 'geojson', data: boundaries as GeoJSON.FeatureCollection, maxzoom: 9 } },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': tokens.sea } },
      { id: 'land', type: 'fill', source: 'regions', paint: { 'fill-color': tokens.land, 'fill-antialias': true } },
      { id: 'borders', type: 'line', source: 'regions', paint: { 'line-color': tokens.landLine, 'line-width': 1 } },
    ],
  }
}

/** Whether this browser can draw the map at all. */
export function webglWorks(): boolean {
  const context = document.createElement('canvas').getContext('webgl2')
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}

/**
 * The map without React. MapLibre draws the ground and takes the gestures; deck.gl draws the cameras on a canvas above it
 * and follows its view. Both draw only when something changed. The two are joined here by the public interface of each,
 * because deck.gl's own joint reaches into MapLibre's insides, which version 6 no longer shows.
 */
export class MapEngine {
  private readonly map: MapLibre
  private readonly deck: Deck<DeckMapView>
  private moved = false
  private picking = false
  private closed = false
  private placing = false

  constructor(container: HTMLElement, tokens: Tokens, boundaries: Boundaries, events: EngineEvents) {
    this.map = new MapLibre({
      container,
      style: style(tokens, boundaries),
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

    const canvas = document.createElement('canvas')
    canvas.style.cssText = 'position:absolute;inset:0;width:100%;height:100%;pointer-events:none'
    container.append(canvas)
    this.deck = new Deck({
      canvas,
      views: new DeckMapView({ id: 'map' }),
      controller: false,
      viewState: this.viewState(),
      layers: [],
    })
    this.map.on('move', () => this.deck.setProps({ viewState: this.viewState() }))
    this.listen(events)
  }

  setLayers(list: Layer[]): void {
    this.deck.setProps({ layers: list })
  }

  zoomBy(step: number): void {
    this.moved = true
    this.map.zoomTo(this.map.getZoom() + step, { animate: false })
  }

  whole(): void {
    this.moved = false
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

  /** Whether a click sets a place instead of choosing a camera. */
  setPlacing(on: boolean): void {
    this.placing = on
    if (on) this.map.doubleClickZoom.disable()
    else this.map.doubleClickZoom.enable()
    this.map.getCanvas().style.cursor = on ? 'crosshair' : ''
  }

  zoom(): number {
    return this.map.getZoom()
  }

  close(): void {
    this.closed = true
    this.deck.finalize()
    this.map.remove()
  }

  private viewState() {
    const { lng, lat } = this.map.getCenter()
    return { longitude: lng, latitude: lat, zoom: this.map.getZoom(), pitch: 0, bearing: 0 }
  }

  private listen(events: EngineEvents): void {
    const { map } = this
    const report = () => {
      const bounds = map.getBounds()
      events.onView({ bbox: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], zoom: map.getZoom() })
    }
    map.on('error', ({ error }) => reportError(error))
    // The window is known before the ground is drawn: ask for its cameras at once.
    queueMicrotask(report)
    map.on('moveend', report)
    map.on('movestart', (event) => {
      if ('originalEvent' in event && event.originalEvent) this.moved = true
      events.onHover(null, 0, 0)
    })
    map.on('resize', () => {
      // Until somebody has moved the map, the whole region stays in view when the window changes.
      if (!this.moved) this.whole()
      else this.deck.setProps({ viewState: this.viewState() })
    })
    map.on('dblclick', () => {
      if (this.placing) events.onPlaced()
    })
    map.on('click', ({ point, lngLat, originalEvent }) => {
      if (this.placing) {
        // The second click of a double click ends the drawing; it is no place of its own.
        if (originalEvent.detail < 2) events.onPlace([lngLat.lng, lngLat.lat])
        return
      }
      void this.pick(point).then((picked) => picked && events.onPick(picked))
    })
    // Picking reads back from the graphics card: one at a time, and never while the map moves.
    map.on('mousemove', ({ point }) => {
      if (this.picking || this.placing || map.isMoving()) return
      this.picking = true
      void this.pick(point).then((hovered) => {
        this.picking = false
        if (this.closed || this.placing) return
        map.getCanvas().style.cursor = hovered ? 'pointer' : ''
        events.onHover(hovered, point.x, point.y)
      })
    })
    map.on('mouseout', () => events.onHover(null, 0, 0))
  }

  private async pick({ x, y }: MapMouseEvent['point']): Promise<CameraPoint | Cell | null> {
    if (this.closed || !this.deck.isInitialized) return null
    const info = await this.deck.pickObjectAsync({ x, y, radius: PICK_RADIUS_PX })
    return (info?.object as CameraPoint | Cell | undefined) ?? null
  }
}
