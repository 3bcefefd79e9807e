import type { Layer } from '@deck.gl/core'
import { IconLayer, PolygonLayer, ScatterplotLayer, TextLayer } from '@deck.gl/layers'
import { cellToBoundary, cellToLatLng } from 'h3-js'
import { HEALTH_BY_CODE, type Boundaries, type CameraMap, type DensityMap, type Health } from '@/api/types'
import { HEALTH_COLOUR, rgb, type Tokens } from '@/app/theme/tokens'
import { ICONS } from './icons'

/** One hexagon of the density map, ready to draw and to explain. */
export interface Cell {
  kind: 'cell'
  polygon: [number, number][]
  centre: [number, number]
  total: number
  works: number
  bad: number
  offline: number
  unknown: number
}

export interface CameraPoint {
  kind: 'camera'
  position: [number, number]
  health: Health
  id: string
}

/** A cell is marked when its checked cameras fail this much more often than those of the whole map … */
const TROUBLED_TIMES = 1.5
/** … and at least so many were checked that it is not chance. */
const TROUBLED_CHECKED = 8

export function cells(map: DensityMap): Cell[] {
  return map.cells.map(([id, total, works, bad, offline, unknown]) => {
    const [lat, lon] = cellToLatLng(id)
    return {
      kind: 'cell',
      polygon: cellToBoundary(id, true),
      centre: [lon, lat],
      total, works, bad, offline, unknown,
    }
  })
}

type Checked = Pick<Cell, 'works' | 'bad' | 'offline'>

/** Share of the checked cameras that fail, over all cells; 0 when nothing was checked. */
export function failingShare(list: readonly Checked[]): number {
  let failing = 0
  let checked = 0
  for (const { works, bad, offline } of list) {
    failing += bad + offline
    checked += works + bad + offline
  }
  return checked === 0 ? 0 : failing / checked
}

/** State a density cell is marked with, or null when it fares no worse than the map as a whole. */
export function troubled({ works, bad, offline }: Checked, overall: number): 'bad' | 'offline' | null {
  const checked = works + bad + offline
  if (checked < TROUBLED_CHECKED || (bad + offline) / checked <= overall * TROUBLED_TIMES) return null
  return offline >= bad ? 'offline' : 'bad'
}

/** Opacity of a cell: logarithmic, because a city centre holds a thousand times what a village does. */
export function densityAlpha(total: number, most: number): number {
  const share = Math.log1p(total) / Math.log1p(Math.max(most, 2))
  return Math.round(28 + 180 * share ** 1.6)
}

export function points(map: CameraMap): CameraPoint[] {
  if (map.mode !== 'points') return []
  return map.points.map(([lon, lat, code, id]) => ({
    kind: 'camera', position: [lon, lat], health: HEALTH_BY_CODE[code] ?? 'unknown', id,
  }))
}

interface Scene {
  tokens: Tokens
  atlas: HTMLCanvasElement
  font: string
  boundaries: Boundaries | undefined
  cells: readonly Cell[]
  points: readonly CameraPoint[]
  /** Large points for the cockpit that is read from afar. */
  scale: number
  chosen: [number, number] | null
}

export function layers(scene: Scene): Layer[] {
  const { tokens, scale } = scene
  const colour = (health: Health, alpha?: number) => rgb(tokens[HEALTH_COLOUR[health]], alpha)
  // deck.gl takes an image here; its types name only addresses and textures.
  const iconAtlas = scene.atlas as unknown as string
  const most = scene.cells.reduce((top, cell) => Math.max(top, cell.total), 0)
  const overall = failingShare(scene.cells)
  return [
    new PolygonLayer<Cell>({
      id: 'density',
      data: scene.cells,
      getPolygon: (cell) => cell.polygon,
      getFillColor: (cell) => rgb(tokens.accent, densityAlpha(cell.total, most)),
      getLineColor: rgb(tokens.accent, 70),
      lineWidthMinPixels: 0.5,
      lineWidthMaxPixels: 1,
      pickable: true,
      updateTriggers: { getFillColor: [most, tokens.accent] },
    }),
    new IconLayer<Cell>({
      id: 'density-trouble',
      data: scene.cells.filter((cell) => troubled(cell, overall)),
      getPosition: (cell) => cell.centre,
      iconAtlas,
      iconMapping: ICONS,
      getIcon: (cell) => troubled(cell, overall) ?? 'offline',
      getColor: (cell) => colour(troubled(cell, overall) ?? 'offline'),
      getSize: 11 * scale,
      sizeUnits: 'pixels',
      updateTriggers: { getColor: tokens },
    }),
    new IconLayer<CameraPoint>({
      id: 'cameras',
      data: scene.points,
      getPosition: (point) => point.position,
      iconAtlas,
      iconMapping: ICONS,
      getIcon: (point) => point.health,
      getColor: (point) => colour(point.health),
      getSize: 15 * scale,
      sizeUnits: 'pixels',
      pickable: true,
      updateTriggers: { getColor: tokens },
    }),
    new ScatterplotLayer<[number, number]>({
      id: 'chosen',
      data: scene.chosen ? [scene.chosen] : [],
      getPosition: (position) => position,
      getRadius: 13 * scale,
      radiusUnits: 'pixels',
      filled: false,
      stroked: true,
      getLineColor: rgb(tokens.text),
      getLineWidth: 2,
      lineWidthUnits: 'pixels',
    }),
    new TextLayer<Boundaries['features'][number]>({
      id: 'cities',
      data: scene.boundaries?.features ?? [],
      getPosition: (feature) => feature.properties.centre,
      getText: (feature) => feature.properties.name,
      getSize: 13 * scale,
      getColor: rgb(tokens.text, 225),
      getPixelOffset: [0, -12 * scale],
      fontFamily: scene.font,
      fontWeight: 500,
      characterSet: 'auto',
      fontSettings: { sdf: true, fontSize: 48, buffer: 6, radius: 14 },
      outlineWidth: 5,
      outlineColor: rgb(tokens.land, 235),
      updateTriggers: { getColor: tokens },
    }),
  ]
}
