/** Frames of a video element so far. */
export interface Frames {
  total: number
  dropped: number
}

/** A share of frames that may be lost before it counts: a seek or a hidden moment loses some. */
const MOST_DROPPED = 0.25
/** Fewer frames than this in a look say nothing. */
const LEAST_FRAMES = 20
/** Looks in a row before it is said: a short hitch is no overload. */
const LOOKS = 2

/** Whether the browser keeps up with a picture, judged by the frames it could not show. */
export class Pace {
  private last: Frames = { total: 0, dropped: 0 }
  private slow = 0

  /** One look, every few seconds. */
  look(frames: Frames): boolean {
    const total = frames.total - this.last.total
    const dropped = frames.dropped - this.last.dropped
    this.last = frames
    if (total < 0 || dropped < 0) this.slow = 0 // a new stream
    else if (total >= LEAST_FRAMES) this.slow = dropped / total > MOST_DROPPED ? this.slow + 1 : 0
    return this.slow < LOOKS
  }
}
