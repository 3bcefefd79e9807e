/**
 * Paging by keyset: the platform gives a cursor to the next page and none back, so the page keeps the cursors it
 * has come through. `trail` holds the cursor of each page from the second to the one shown.
 */
export interface Keyset {
  trail: readonly string[]
  limit: number
}

export type Step =
  | { do: 'next'; cursor: string }
  | { do: 'back' }
  | { do: 'first' }
  | { do: 'limit'; limit: number }

export const LIMITS: readonly number[] = [50, 100, 200]
export const START: Keyset = { trail: [], limit: 50 }

/** How many pages back stay reachable; beyond it the oldest are let go, and "first" still works. */
const LONGEST_TRAIL = 1000

export function step(state: Keyset, action: Step): Keyset {
  switch (action.do) {
    case 'next':
      // The same cursor twice is a double click, not two pages.
      if (state.trail.at(-1) === action.cursor) return state
      return { ...state, trail: [...state.trail, action.cursor].slice(-LONGEST_TRAIL) }
    case 'back':
      return state.trail.length === 0 ? state : { ...state, trail: state.trail.slice(0, -1) }
    case 'first':
      return state.trail.length === 0 ? state : { ...state, trail: [] }
    case 'limit':
      // Cursors stay valid for another page size, page numbers do not: begin again.
      return LIMITS.includes(action.limit) ? { trail: [], limit: action.limit } : state
  }
}

/** Cursor of the page shown; undefined for the first. */
export const cursor = (state: Keyset): string | undefined => state.trail.at(-1)

/** Number of the first row shown, from 1. */
export const firstRow = (state: Keyset): number => state.trail.length * state.limit + 1
