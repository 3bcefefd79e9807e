import type { Analysis, Line } from '@/api/types'
import { CLASSES } from '@/parts/names'

/** What a person edits of an analysis; the running state is not theirs. */
export type Draft = Pick<Analysis, 'enabled' | 'model' | 'fps' | 'lines' | 'zones'>
export type Point = [number, number]

export const draftOf = ({ enabled, model, fps, lines, zones }: Analysis): Draft => ({ enabled, model, fps, lines, zones })

export const sameDraft = (one: Draft, other: Draft): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Positions are shares of the picture; four digits are finer than a pixel of a 4K picture. */
export const clamp = ([x, y]: Point): Point => [tidy(x), tidy(y)]
const tidy = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4

/**
 * An id for a new line or zone. Random, not the next number: observations of a deleted line stay under its id, and a new
 * line elsewhere in the picture must not go on with them.
 */
export function freshId(prefix: 'line' | 'zone'): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  return `${prefix}-${random.toString(36).padStart(7, '0')}`
}

export function addLine(draft: Draft, a: Point, b: Point, name: string): Draft {
  return { ...draft, lines: [...draft.lines, { id: freshId('line'), name, a: clamp(a), b: clamp(b), classes: [...CLASSES] }] }
}

export function addZone(draft: Draft, polygon: readonly Point[], name: string): Draft {
  return { ...draft, zones: [...draft.zones, { id: freshId('zone'), name, polygon: polygon.map(clamp), classes: [...CLASSES] }] }
}

export function remove(draft: Draft, id: string): Draft {
  return { ...draft, lines: draft.lines.filter((line) => line.id !== id), zones: draft.zones.filter((zone) => zone.id !== id) }
}

export function change(draft: Draft, id: string, values: Partial<Pick<Line, 'name' | 'classes'>>): Draft {
  return {
    ...draft,
    lines: draft.lines.map((line) => (line.id === id ? { ...line, ...values } : line)),
    zones: draft.zones.map((zone) => (zone.id === id ? { ...zone, ...values } : zone)),
  }
}

/** Swaps a line's ends, which swaps its "in" and "out". */
export function flip(draft: Draft, id: string): Draft {
  return { ...draft, lines: draft.lines.map((line) => (line.id === id ? { ...line, a: line.b, b: line.a } : line)) }
}

export function pointsOf(draft: Draft, id: string): Point[] {
  const line = draft.lines.find((one) => one.id === id)
  if (line) return [line.a, line.b]
  return draft.zones.find((zone) => zone.id === id)?.polygon ?? []
}

export function movePoint(draft: Draft, id: string, index: number, to: Point): Draft {
  const point = clamp(to)
  return {
    ...draft,
    lines: draft.lines.map((line) => (line.id !== id ? line : index === 0 ? { ...line, a: point } : { ...line, b: point })),
    zones: draft.zones.map((zone) =>
      zone.id !== id ? zone : { ...zone, polygon: zone.polygon.map((old, at) => (at === index ? point : old)) },
    ),
  }
}

/** Takes one point out of a zone; a zone keeps at least three, and a line both its ends. */
export function removePoint(draft: Draft, id: string, index: number): Draft {
  return {
    ...draft,
    zones: draft.zones.map((zone) =>
      zone.id === id && zone.polygon.length > 3 ? { ...zone, polygon: zone.polygon.filter((_point, at) => at !== index) } : zone,
    ),
  }
}

/**
 * Middle of a line and the direction that counts as "in": to the right of somebody walking from a to b, as in a picture
 * whose y grows downwards. `ratio` is width / height, so that the arrow stands square on the line as it is seen.
 */
export function inArrow({ a, b }: Pick<Line, 'a' | 'b'>, ratio: number): { from: Point; to: Point } {
  const from: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  const [dx, dy] = [(b[0] - a[0]) * ratio, b[1] - a[1]]
  const length = Math.hypot(dx, dy) || 1
  const size = 0.09
  return { from, to: [from[0] + ((-dy / length) * size) / ratio, from[1] + (dx / length) * size] }
}
