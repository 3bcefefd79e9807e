import type { Parameter, Scene } from '@/api/scenes'
import type { Analysis, GroundPoint, SceneSetup } from '@/api/types'
import { clamp, type Draft, type Point } from '@/pages/camera/draft'

/** What a person edits on the tuning page: the whole document. */
export interface TuneDraft extends Draft {
  scenes: SceneSetup[]
  ground: GroundPoint[]
}

export const tuneOf = ({ enabled, model, fps, lines, zones, scenes, ground }: Analysis): TuneDraft => ({ enabled, model, fps, lines, zones, scenes, ground })

export const sameTune = (one: TuneDraft, other: TuneDraft): boolean => JSON.stringify(one) === JSON.stringify(other)

/** An id for a new setup. Random: incidents and figures of one that was removed stay under its id. */
export function freshSetup(scene: string): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  return `${scene.replaceAll('_', '-').slice(0, 30)}-${random.toString(36).padStart(7, '0')}`
}

export function addSetup(draft: TuneDraft, scene: Scene, name: string): TuneDraft {
  const setup: SceneSetup = { id: freshSetup(scene.code), scene: scene.code, name, zones: [], lines: [], settings: {}, enabled: true, hours: [], source: null, instead: null }
  return { ...draft, scenes: [...draft.scenes, setup] }
}

export function changeSetup(draft: TuneDraft, id: string, values: Partial<SceneSetup>): TuneDraft {
  return { ...draft, scenes: draft.scenes.map((one) => (one.id === id ? { ...one, ...values } : one)) }
}

export function removeSetup(draft: TuneDraft, id: string): TuneDraft {
  return { ...draft, scenes: draft.scenes.filter((one) => one.id !== id).map((one) => (one.instead === id ? { ...one, instead: null } : one)) }
}

/**
 * Lines and zones as they were drawn. What was removed is taken from the setups too; what is new belongs to the setup it
 * was drawn for.
 */
export function redraw(draft: TuneDraft, drawn: Draft, forSetup: string | null): TuneDraft {
  const zones = new Set(drawn.zones.map((one) => one.id))
  const lines = new Set(drawn.lines.map((one) => one.id))
  const newZones = drawn.zones.filter((one) => !draft.zones.some((old) => old.id === one.id)).map((one) => one.id)
  const newLines = drawn.lines.filter((one) => !draft.lines.some((old) => old.id === one.id)).map((one) => one.id)
  return {
    ...draft,
    lines: drawn.lines,
    zones: drawn.zones,
    scenes: draft.scenes.map((one) => ({
      ...one,
      zones: [...one.zones.filter((id) => zones.has(id)), ...(one.id === forSetup ? newZones : [])],
      lines: [...one.lines.filter((id) => lines.has(id)), ...(one.id === forSetup ? newLines : [])],
    })),
  }
}

/** A parameter set; one that equals the card's default is left to the card. */
export function setParameter(settings: Readonly<Record<string, number>>, parameter: Parameter, value: number): Record<string, number> {
  const rest = Object.fromEntries(Object.entries(settings).filter(([code]) => code !== parameter.code))
  const inside = Math.min(parameter.most, Math.max(parameter.least, value))
  return inside === parameter.default ? rest : { ...rest, [parameter.code]: inside }
}

/** Steps of a slider: about a hundred over the range, round ones, whole where the bounds are. */
export function stepOf({ least, most, default: usual }: Parameter): number {
  const raw = (most - least) / 100
  const size = 10 ** Math.floor(Math.log10(raw || 1))
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= raw) ?? size
  const whole = Number.isInteger(least) && Number.isInteger(most) && Number.isInteger(usual) && most - least >= 10
  return whole ? Math.max(1, Math.round(step)) : step
}

/** How many zones or lines a setup still lacks. */
export const lacking = (setup: SceneSetup, scene: Scene): number => Math.max(0, scene.targets_least - setup.zones.length - setup.lines.length)

export function addPoint(draft: TuneDraft, at: Point): TuneDraft {
  return { ...draft, ground: [...draft.ground, { picture: clamp(at), metres: [0, 0] }] }
}

export function movePicture(draft: TuneDraft, index: number, at: Point): TuneDraft {
  return { ...draft, ground: draft.ground.map((one, place) => (place === index ? { ...one, picture: clamp(at) } : one)) }
}

export function setMetres(draft: TuneDraft, index: number, axis: 0 | 1, value: number): TuneDraft {
  return { ...draft, ground: draft.ground.map((one, place) => (place === index ? { ...one, metres: axis === 0 ? [value, one.metres[1]] : [one.metres[0], value] } : one)) }
}
