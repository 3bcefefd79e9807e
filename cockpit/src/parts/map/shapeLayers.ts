import type { Layer } from '@deck.gl/core'
import { PathLayer, PolygonLayer, ScatterplotLayer } from '@deck.gl/layers'
import { rgb, type Tokens } from '@/app/theme/tokens'
import type { MapShape, Place } from './shapes'

const FILL_ALPHA = 48
const CORNER_PX = 4

/** Layers for what a page draws on the map; above the ground, below what can be clicked. */
export function shapeLayers(shapes: readonly MapShape[], tokens: Tokens): Layer[] {
  const areas = shapes.filter((shape) => shape.kind === 'area' && shape.points.length > 2)
  // Two corners of an area to be are a line already.
  const paths = shapes.filter((shape) => shape.points.length > 1 && (shape.kind === 'path' || (shape.kind === 'area' && shape.points.length === 2)))
  const spots = shapes.flatMap((shape) => (shape.kind === 'spots' ? shape.points.map((place) => ({ place, tone: shape.tone })) : []))
  const triggers = [tokens]
  return [
    new PolygonLayer<MapShape>({
      id: 'shape-areas',
      data: areas,
      getPolygon: (shape) => shape.points as [number, number][],
      getFillColor: (shape) => rgb(tokens[shape.tone], FILL_ALPHA),
      getLineColor: (shape) => rgb(tokens[shape.tone], 220),
      getLineWidth: 2,
      lineWidthUnits: 'pixels',
      updateTriggers: { getFillColor: triggers, getLineColor: triggers },
    }),
    new PathLayer<MapShape>({
      id: 'shape-paths',
      data: paths,
      getPath: (shape) => shape.points as [number, number][],
      getColor: (shape) => rgb(tokens[shape.tone], 230),
      getWidth: 3,
      widthUnits: 'pixels',
      capRounded: true,
      jointRounded: true,
      updateTriggers: { getColor: triggers },
    }),
    new ScatterplotLayer<{ place: Place; tone: MapShape['tone'] }>({
      id: 'shape-spots',
      data: spots,
      getPosition: ({ place }) => [place[0], place[1]],
      getRadius: CORNER_PX,
      radiusUnits: 'pixels',
      getFillColor: ({ tone }) => rgb(tokens[tone]),
      stroked: true,
      getLineColor: rgb(tokens.land),
      getLineWidth: 1.5,
      lineWidthUnits: 'pixels',
      updateTriggers: { getFillColor: triggers },
    }),
  ]
}
