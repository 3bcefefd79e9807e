/** Where the mark stands after so many seconds: shares of the room it has, 0..1. */
export interface Spot {
  left: number
  top: number
}

const ACROSS_SECONDS = 48
const DOWN_SECONDS = 35

/**
 * A slow figure that comes near every place of the picture: the two periods share no divisor, so it takes their product
 * (28 minutes) to come round again, and nothing that is cut out of the picture stays unmarked for long.
 */
export function spotAt(seconds: number): Spot {
  return { left: swing(seconds / ACROSS_SECONDS), top: swing(seconds / DOWN_SECONDS) }
}

/** There and back once a turn, at the same pace all along: 0 at 0, 1 at one half, 0 at 1. */
function swing(turns: number): number {
  const part = turns - Math.floor(turns)
  return part < 0.5 ? 2 * part : 2 - 2 * part
}
