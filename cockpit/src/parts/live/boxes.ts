import type { BoxesMessage } from './messages'

/** Boxes older than this are not drawn: a stale box on a moving picture is a false statement. */
export const STALE_SECONDS = 0.5
/** Boxes of a frame the screen has not reached yet may be used when they are this close. */
const AHEAD_SECONDS = 0.06
const CAPACITY = 64

/** The last boxes that arrived, found again by media time. They arrive in order, often a little after their picture. */
export class BoxRing {
  private readonly ring: BoxesMessage[] = []

  push(message: BoxesMessage): void {
    const last = this.ring.at(-1)
    // The node began a new timeline (the source was opened again): what is held belongs to the old one.
    if (last && message.time < last.time - 1) this.ring.length = 0
    this.ring.push(message)
    if (this.ring.length > CAPACITY) this.ring.shift()
  }

  clear(): void {
    this.ring.length = 0
  }

  /** The boxes nearest to a picture's media time, or null when none is fresh enough. */
  at(time: number): BoxesMessage | null {
    let best: BoxesMessage | null = null
    let bestDistance = Infinity
    for (let index = this.ring.length - 1; index >= 0; index--) {
      const one = this.ring[index]
      if (!one) continue
      const age = time - one.time
      if (age > STALE_SECONDS) break
      if (age < -AHEAD_SECONDS) continue
      const distance = Math.abs(age)
      if (distance < bestDistance) [best, bestDistance] = [one, distance]
    }
    return best
  }

  /** Line counts of the newest message, whatever its age: a count does not go stale, a box does. */
  latest(): BoxesMessage | null {
    return this.ring.at(-1) ?? null
  }
}
