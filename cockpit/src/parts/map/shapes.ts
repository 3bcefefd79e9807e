/** What a page draws on the map besides the cameras, in WGS-84 degrees. */
export interface MapShape {
  /** `area` is closed and filled, `path` a line, `spots` single places. */
  kind: 'area' | 'path' | 'spots'
  points: readonly Place[]
  tone: Tone
}

export type Place = readonly [number, number]
export type Tone = 'accent' | 'works' | 'bad' | 'offline' | 'unknown'

const EARTH_METRES = 6_371_008.8
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** Distance of two places along the ground, metres (sphere; 0.3 % at most from the ellipsoid). */
export function metresBetween([lon1, lat1]: Place, [lon2, lat2]: Place): number {
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2
  const h = half(lat2 - lat1) + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * half(lon2 - lon1)
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Length of a line through places, metres. */
export const lengthOf = (points: readonly Place[]): number =>
  points.slice(1).reduce((sum, point, index) => sum + metresBetween(points[index] ?? point, point), 0)

/** The places as a closed GeoJSON ring; needs three. */
export function polygonOf(points: readonly Place[]): GeoJSON.Polygon | null {
  const first = points[0]
  if (!first || points.length < 3) return null
  return { type: 'Polygon', coordinates: [[...points, first].map(([lon, lat]) => [lon, lat])] }
}

export function lineOf(points: readonly Place[]): GeoJSON.LineString | null {
  return points.length < 2 ? null : { type: 'LineString', coordinates: points.map(([lon, lat]) => [lon, lat]) }
}

/** Corner of a field of view every so many degrees. */
const ARC_STEP = 6

/** A camera's field of view as a ring: from `place`, looking to `direction` (degrees from north), `angle` wide, `distance` metres far. */
export function sector(place: Place, direction: number, angle: number, distance: number): Place[] {
  const [lon, lat] = place
  const east = (EARTH_METRES * Math.cos(radians(lat)) * Math.PI) / 180
  const north = (EARTH_METRES * Math.PI) / 180
  const whole = angle >= 360
  const steps = Math.max(2, Math.ceil(angle / ARC_STEP))
  const arc = Array.from({ length: whole ? steps : steps + 1 }, (_unused, step): Place => {
    const bearing = radians(direction - angle / 2 + (angle * step) / steps)
    return [lon + (distance * Math.sin(bearing)) / east, lat + (distance * Math.cos(bearing)) / north]
  })
  return whole ? arc : [place, ...arc]
}
