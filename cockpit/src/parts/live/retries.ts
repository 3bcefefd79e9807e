const FIRST_MS = 1000
const MOST_MS = 30_000
/** A picture that has moved for so long is a picture: what went wrong before it is forgotten. */
export const STEADY_MS = 10_000
/** So many times a stream is opened again without a single picture having come. Each opening is a line in the register. */
export const BLANK_MOST = 5
/** Two frames farther apart than this have a standstill between them, which is not counted as played. */
const STANDSTILL_MS = 2000

/** How a stream has fared since it last played steadily. */
export interface Fared {
  /** Connections lost since. */
  losses: number
  /** Of these the last in a row that brought no picture. */
  blank: number
}

export const FRESH: Fared = { losses: 0, blank: 0 }

/** Reckons one more lost connection in. `played` is how long it showed a moving picture, milliseconds; null: it showed none. */
export function afterLoss(before: Fared, played: number | null): Fared {
  if (played === null) return { losses: before.losses + 1, blank: before.blank + 1 }
  return { losses: played >= STEADY_MS ? 1 : before.losses + 1, blank: 0 }
}

/**
 * Milliseconds until the stream is opened again: 1, 2, 4 … 30 s, spread by a quarter so that a wall does not come back in
 * step. Null: it has been tried often enough, from here on a person decides.
 */
export function waitAfter({ losses, blank }: Fared, random: () => number = Math.random): number | null {
  if (blank > BLANK_MOST) return null
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(Math.max(losses - 1, 0), 10))
  return Math.round(Math.min(MOST_MS, full * (0.75 + 0.5 * random())))
}

/** How long one connection has really shown a moving picture. */
export class Played {
  private last: number | null = null
  private sum = 0

  /** A frame is on the screen, at this time in milliseconds. */
  see(at: number): void {
    if (this.last !== null && at - this.last <= STANDSTILL_MS) this.sum += at - this.last
    this.last = at
  }

  /** Milliseconds; null when there was no picture at all. */
  get time(): number | null {
    return this.last === null ? null : this.sum
  }
}

/** Endings that end the permit or the showing of its mark, or leave the node it leads to: a new permit with a new address is needed. */
const ANEW = /^(permit_|limit_|mark_|connection_lost$|node_lost$|node_stopping$|no_node$)/

/** Whether looking again may use the permit one has, so that no second one is asked for. `until`: when it ends. */
export function permitServes(code: string, until: string | undefined, now: number): boolean {
  return !ANEW.test(code) && until !== undefined && now < Date.parse(until)
}
