/** How far behind the live edge the picture may fall before it jumps, seconds. */
export const MOST_BEHIND = 2
/** Distance to the live edge after a jump; small enough to be live, large enough not to run dry. */
export const CUSHION = 0.35
/** Beyond this distance the picture plays a little faster until it has caught up. */
const CATCH_UP_FROM = 1.1
const CATCH_UP_UNTIL = 0.6
const CATCH_UP_RATE = 1.08
/** Played media kept behind the picture, and how much more there must be before it is worth trimming, seconds. */
const KEEP_BEHIND = 6
const TRIM_SLACK = 6

/** Fragments waiting to be appended: beyond this the page cannot keep up and starts afresh at a keyframe. */
export const MOST_WAITING = 400
export const MOST_WAITING_BYTES = 12_000_000

export interface BufferView {
  /** Buffered ranges [start, end], seconds, in order. */
  ranges: readonly (readonly [number, number])[]
  currentTime: number
  playbackRate: number
}

export interface BufferPlan {
  seekTo: number | null
  removeBefore: number | null
  rate: number
}

/** What to do with the picture's position after an append, so that it stays close to live and memory stays bounded. */
export function plan({ ranges, currentTime, playbackRate }: BufferView): BufferPlan {
  const first = ranges[0]
  const last = ranges.at(-1)
  if (!first || !last) return { seekTo: null, removeBefore: null, rate: 1 }

  const [lastStart, edge] = last
  const behind = edge - currentTime
  let seekTo: number | null = null
  // Not in the newest range: before the first picture, or in front of a gap that will never fill.
  if (currentTime < lastStart || behind > MOST_BEHIND || behind < -0.1) seekTo = Math.max(lastStart, edge - CUSHION)

  let rate = playbackRate
  if (seekTo !== null || behind < CATCH_UP_UNTIL) rate = 1
  else if (behind > CATCH_UP_FROM) rate = CATCH_UP_RATE

  const keepFrom = (seekTo ?? currentTime) - KEEP_BEHIND
  const removeBefore = first[0] < keepFrom - TRIM_SLACK ? keepFrom : null
  return { seekTo, removeBefore, rate }
}

/** Fragments that wait for the source buffer, first in first out, bounded in number and bytes. */
export class AppendQueue {
  private readonly waiting: ArrayBuffer[] = []
  private bytes = 0

  /** False when the fragment no longer fits: the picture must start afresh. */
  push(fragment: ArrayBuffer): boolean {
    if (this.waiting.length >= MOST_WAITING || this.bytes + fragment.byteLength > MOST_WAITING_BYTES) return false
    this.waiting.push(fragment)
    this.bytes += fragment.byteLength
    return true
  }

  /** Everything that waits as one piece, so that a burst costs one append. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (this.waiting.length === 0) return null
    const all = new Uint8Array(this.bytes)
    let offset = 0
    for (const fragment of this.waiting) {
      all.set(new Uint8Array(fragment), offset)
      offset += fragment.byteLength
    }
    this.clear()
    return all
  }

  clear(): void {
    this.waiting.length = 0
    this.bytes = 0
  }

  get size(): number {
    return this.waiting.length
  }
}
