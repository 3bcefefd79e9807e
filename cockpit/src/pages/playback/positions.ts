/** The picture at `time` (media seconds) was taken at `at` (milliseconds); from there on the moment runs `speed` times as fast. */
export interface Position {
  time: number
  at: number
  speed: number
}

const KEPT = 50
/** Pictures lie on a grid of ticks: what is this close is the same picture, seconds. */
const SLACK = 0.002

/** Where the pictures of a stream lie in time: what the node said, and what follows from it. */
export class Positions {
  private kept: Position[] = []

  push(position: Position): void {
    // A seek begins anew behind what was sent: older words about that stretch are void.
    this.kept = this.kept.filter((one) => one.time < position.time - SLACK)
    this.kept.push(position)
    if (this.kept.length > KEPT) this.kept.shift()
  }

  /** When the picture at a media time was taken, milliseconds; null before the first word. */
  momentAt(time: number): number | null {
    let found: Position | null = null
    for (const one of this.kept) {
      if (one.time > time + SLACK) break
      found = one
    }
    found ??= this.kept[0] ?? null
    return found ? found.at + Math.max(0, time - found.time) * 1000 * found.speed : null
  }

  clear(): void {
    this.kept = []
  }
}
