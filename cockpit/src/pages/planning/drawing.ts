import type { Overlap } from '@/api/types'
import type { MapShape, Place, Tone } from '@/parts/map/shapes'

/** What a part of the page draws on the map, and whether a click sets a place. */
export interface Drawing {
  shapes: readonly MapShape[]
  placing: { onPlace: (place: [number, number]) => void; onPlaced: () => void } | null
}

/** Fields drawn at once: beyond it they only hide each other. */
const MOST_FIELDS = 40

/** Colour of a camera's field: what it is worth now, grey where parts of it are guessed. */
const tone = ({ known, health }: Overlap): Tone => (known ? health : 'unknown')

/** A planned field over the fields of the cameras that see it already. */
export function coverageShapes(planned: readonly Place[], point: Place, cameras: readonly Overlap[]): MapShape[] {
  return [
    ...cameras.slice(0, MOST_FIELDS).map((camera): MapShape => ({ kind: 'area', points: camera.field, tone: tone(camera) })),
    { kind: 'area', points: planned, tone: 'accent' },
    { kind: 'spots', points: [point], tone: 'accent' },
  ]
}
