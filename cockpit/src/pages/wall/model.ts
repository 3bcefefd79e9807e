import type { CameraItem } from '@/api/types'
import type { Layout, Size, Tour } from '@/api/walls'

export const SIZES: readonly Size[] = [1, 4, 9, 16]
export const SECONDS = { least: 5, most: 3600, usual: 15 } as const
/** Cameras of one tour, as the platform takes them. */
export const TOUR_MOST = 200
const MOST_CELLS = 16

/** What a wall looks like. All sixteen cells are kept, so that one made smaller and larger again is as it was. */
export interface Hung {
  size: Size
  cells: readonly (Tour | null)[]
  tour: Tour | null
}

export const BARE: Hung = { size: 4, cells: Array<null>(MOST_CELLS).fill(null), tour: null }

export const alone = (camera: string): Tour => ({ cameras: [camera], seconds: SECONDS.usual })

export type Change =
  | { do: 'load'; layout: Layout }
  | { do: 'size'; size: Size }
  | { do: 'hang'; at: number; tour: Tour | null }
  | { do: 'swap'; one: number; other: number }
  | { do: 'fill'; cameras: readonly string[]; from: number }
  | { do: 'tour'; tour: Tour | null }
  | { do: 'clear' }

export function change(hung: Hung, what: Change): Hung {
  switch (what.do) {
    case 'load':
      return fromLayout(what.layout)
    case 'size':
      return { ...hung, size: what.size }
    case 'hang':
      // Something hung by hand ends the tour of the whole wall.
      return { ...hung, tour: null, cells: hung.cells.map((cell, index) => (index === what.at ? what.tour : cell)) }
    case 'swap':
      return {
        ...hung,
        cells: hung.cells.map((cell, index) => (index === what.one ? (hung.cells[what.other] ?? null) : index === what.other ? (hung.cells[what.one] ?? null) : cell)),
      }
    case 'fill':
      return fill(hung, what.cameras, what.from)
    case 'tour':
      return { ...hung, tour: what.tour && bounded(what.tour) }
    case 'clear':
      return { ...hung, cells: BARE.cells, tour: null }
  }
}

/** Hangs cameras one by one into the empty cells, beginning at one; those that find none are left out. */
function fill(hung: Hung, cameras: readonly string[], from: number): Hung {
  const waiting = cameras.filter((camera) => !hung.cells.slice(0, hung.size).some((cell) => cell?.cameras.length === 1 && cell.cameras[0] === camera))
  const cells = [...hung.cells]
  for (let step = 0; step < hung.size && waiting.length > 0; step++) {
    const index = (from + step) % hung.size
    const next = cells[index] ? undefined : waiting.shift()
    if (next !== undefined) cells[index] = alone(next)
  }
  return { ...hung, tour: null, cells }
}

const bounded = (tour: Tour): Tour => ({
  cameras: [...new Set(tour.cameras)].slice(0, TOUR_MOST),
  seconds: Math.min(SECONDS.most, Math.max(SECONDS.least, Math.round(tour.seconds))),
})

/** A tour of these cameras, each once; null of none. */
export const tourOf = (cameras: readonly string[], seconds: number): Tour | null => (cameras.length === 0 ? null : bounded({ cameras: [...cameras], seconds }))

export function fromLayout({ size, cells, tour }: Layout): Hung {
  return { size, cells: Array.from({ length: MOST_CELLS }, (_unused, index) => cells[index] ?? null), tour }
}

export const asLayout = ({ size, cells, tour }: Hung): Layout => ({ size, cells: cells.slice(0, size), tour })

/** A layout without the cameras that are not known any more, so that it can be kept; null cells for what is empty then. */
export function known(layout: Layout, cameras: ReadonlyMap<string, CameraItem>): Layout {
  const left = (tour: Tour | null): Tour | null => tour && tourOf(tour.cameras.filter((camera) => cameras.has(camera)), tour.seconds)
  return { size: layout.size, cells: layout.cells.map(left), tour: left(layout.tour) }
}

/** What one cell shows now. */
export interface Shown {
  camera: string
  /** Which of how many, from 1. */
  place: number
  of: number
}

/** What each cell shows after so many seconds of tours. */
export function shownAt(hung: Hung, seconds: number): (Shown | null)[] {
  const { size, tour } = hung
  if (tour) {
    const pages = Math.ceil(tour.cameras.length / size)
    const page = Math.floor(seconds / tour.seconds) % pages
    return Array.from({ length: size }, (_unused, index) => {
      const place = page * size + index
      const camera = tour.cameras[place]
      return camera === undefined ? null : { camera, place: place + 1, of: tour.cameras.length }
    })
  }
  return hung.cells.slice(0, size).map((cell) => {
    if (!cell) return null
    const place = Math.floor(seconds / cell.seconds) % cell.cameras.length
    const camera = cell.cameras[place]
    return camera === undefined ? null : { camera, place: place + 1, of: cell.cameras.length }
  })
}

/** Whether anything changes by itself. */
export const tours = ({ size, cells, tour }: Hung): boolean =>
  tour ? tour.cameras.length > size : cells.slice(0, size).some((cell) => cell !== null && cell.cameras.length > 1)

export const isBare = ({ size, cells, tour }: Hung): boolean => tour === null && cells.slice(0, size).every((cell) => cell === null)

/** The cell an arrow key leads to. */
export function neighbour(at: number, key: string, size: Size): number {
  const side = Math.sqrt(size)
  const [row, column] = [Math.floor(at / side), at % side]
  const to = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column] }[key]
  if (!to) return at
  const [nextRow = row, nextColumn = column] = to
  return nextRow < 0 || nextColumn < 0 || nextRow >= side || nextColumn >= side ? at : nextRow * side + nextColumn
}
