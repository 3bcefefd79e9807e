import type { SearchAsked } from '@/api/traits'

export const COLOURS = ['black', 'white', 'grey', 'red', 'blue', 'yellow', 'orange', 'brown', 'green', 'purple', 'cyan', 'pink'] as const
export type Colour = (typeof COLOURS)[number]

/** What each colour is drawn as. */
export const SWATCH: Record<Colour, string> = {
  black: '#1b1c1e', white: '#f4f5f6', grey: '#8d9096', red: '#c0272d', blue: '#2450b0', yellow: '#e8c62a',
  orange: '#ee7a1c', brown: '#6e4727', green: '#23804a', purple: '#6d35a0', cyan: '#22aab4', pink: '#ee9bb9',
}

/** As the platform holds it. */
export const REASON_LEAST = 4
export const CAMERAS_MOST = 64
const PLATE_KNOWN_LEAST = 4
const PLATE_LONGEST = 9

/** What the form holds. */
export interface Wish {
  cameras: string[]
  what: 'vehicle' | 'person' | 'any'
  kinds?: string[]
  colour?: string
  upper?: string
  lower?: string
  plate?: string
  hours: number
  code: string
  text: string
}

/** A plate as it is kept: capitals, no dots and blanks. */
export const plainPlate = (given: string): string => given.normalize('NFKC').toUpperCase().replace(/[\s\u00B7.\u2022-]/g, '')

/** May this plate be asked for: one wildcard at most, and enough of it known? */
export function plateAllowed(given: string): boolean {
  const plate = plainPlate(given)
  const wild = plate.replace(/[^?*]/g, '').length
  return wild <= 1 && plate.length <= PLATE_LONGEST && plate.length - wild >= PLATE_KNOWN_LEAST
}

const KINDS: Record<Wish['what'], string[]> = {
  vehicle: ['bicycle', 'motorcycle', 'car', 'bus', 'truck'],
  person: ['person'],
  any: [],
}

/** The request a wish comes to: only the criteria that fit what is looked for. */
export function askedOf(wish: Wish, now: Date): SearchAsked {
  const vehicle = wish.what === 'vehicle'
  const person = wish.what === 'person'
  const kinds = vehicle && wish.kinds?.length ? wish.kinds : KINDS[wish.what]
  return {
    cameras: wish.cameras,
    purpose_code: wish.code,
    purpose_text: wish.text.trim(),
    from: new Date(now.getTime() - wish.hours * 3_600_000).toISOString(),
    to: now.toISOString(),
    kinds,
    ...(vehicle && wish.colour ? { colour: wish.colour } : {}),
    ...(vehicle && wish.plate?.trim() ? { plate: plainPlate(wish.plate) } : {}),
    ...(person && wish.upper ? { upper: wish.upper } : {}),
    ...(person && wish.lower ? { lower: wish.lower } : {}),
  }
}
