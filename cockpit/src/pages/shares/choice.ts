import type { Choice } from '@/api/shares'

/** What a form knows of a choice; empty parts are left out of what is sent. */
export interface ChoiceFields {
  everything?: boolean
  regions?: string[]
  /** Ids of the tree of groups: `source:code`. */
  groups?: string[]
  tags?: string[]
  cameras?: string[]
  polygon?: string
}

/** A polygon from text; null when it is none. Coordinates are checked by the platform. */
export function readPolygon(text: string): GeoJSON.Polygon | GeoJSON.MultiPolygon | null {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null) return null
    const whole = said as { type?: unknown; geometry?: unknown }
    const shape = (whole.type === 'Feature' ? whole.geometry : whole) as { type?: unknown; coordinates?: unknown } | null
    if ((shape?.type === 'Polygon' || shape?.type === 'MultiPolygon') && Array.isArray(shape.coordinates)) {
      return shape as GeoJSON.Polygon | GeoJSON.MultiPolygon
    }
  } catch {
    // no JSON: no polygon
  }
  return null
}

export function choiceOf(fields: ChoiceFields): Choice {
  const choice: Choice = {}
  if (fields.tags?.length) choice.tags = fields.tags
  if (fields.everything) return { everything: true, ...choice }
  if (fields.regions?.length) choice.regions = fields.regions
  if (fields.groups?.length) {
    choice.groups = fields.groups.map((one) => {
      const [source = '', code = ''] = one.split(':')
      return { source, code }
    })
  }
  if (fields.cameras?.length) choice.cameras = fields.cameras
  const polygon = fields.polygon?.trim() ? readPolygon(fields.polygon) : null
  if (polygon) choice.polygon = polygon
  return choice
}

export function fieldsOf(choice: Choice): ChoiceFields {
  return {
    everything: choice.everything ?? false,
    regions: choice.regions ?? [],
    groups: choice.groups?.map((one) => `${one.source}:${one.code}`) ?? [],
    tags: choice.tags ?? [],
    cameras: choice.cameras ?? [],
    polygon: choice.polygon ? JSON.stringify(choice.polygon) : '',
  }
}

export const isNothing = (choice: Choice): boolean => Object.keys(choice).length === 0
