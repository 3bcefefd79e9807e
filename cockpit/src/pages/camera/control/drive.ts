/** How fast to turn and zoom, each -1..1: left, down and wide are negative. */
export interface Motion {
  pan: number
  tilt: number
  zoom: number
}

export const STILL: Motion = { pan: 0, tilt: 0, zoom: 0 }

const KEYS: Readonly<Record<string, Partial<Motion>>> = {
  ArrowLeft: { pan: -1 },
  ArrowRight: { pan: 1 },
  ArrowUp: { tilt: 1 },
  ArrowDown: { tilt: -1 },
  '+': { zoom: 1 },
  '=': { zoom: 1 },
  '-': { zoom: -1 },
}

export const isDriveKey = (key: string): boolean => key in KEYS

/** Motion of the keys held together; opposite ones cancel out. `speed` 0..1. */
export function motionOf(keys: Iterable<string>, speed: number): Motion {
  const sum = { ...STILL }
  for (const key of keys) {
    const part = KEYS[key]
    sum.pan += part?.pan ?? 0
    sum.tilt += part?.tilt ?? 0
    sum.zoom += part?.zoom ?? 0
  }
  const scaled = (value: number) => Math.sign(value) * speed
  return { pan: scaled(sum.pan), tilt: scaled(sum.tilt), zoom: scaled(sum.zoom) }
}

export const isStill = ({ pan, tilt, zoom }: Motion): boolean => pan === 0 && tilt === 0 && zoom === 0
const same = (one: Motion, other: Motion): boolean => one.pan === other.pan && one.tilt === other.tilt && one.zoom === other.zoom

/** How often a stop is sent before it is given up. */
const STOP_TRIES = 3

/**
 * Sends motions to a camera one at a time. While one is on its way only the newest waits, so that a slow link never
 * works off a queue of old movements, and the stop at the end is never lost.
 */
export class Driver {
  private last: Motion = STILL
  private waiting: Motion | null = null
  private busy = false
  private held = STILL
  private failures = 0

  constructor(
    private readonly send: (motion: Motion) => Promise<void>,
    private readonly onProblem: (error: unknown) => void,
  ) {}

  /** What the person wants now. */
  want(motion: Motion): void {
    if (same(motion, this.held)) return
    this.held = motion
    this.waiting = motion
    if (!this.busy) void this.drain()
  }

  stop(): void {
    this.want(STILL)
  }

  private async drain(): Promise<void> {
    this.busy = true
    while (this.waiting) {
      const motion = this.waiting
      this.waiting = null
      if (same(motion, this.last)) continue
      const before = this.last
      // Even an order that is answered with an error may have reached the camera.
      this.last = motion
      try {
        await this.send(motion)
        this.failures = 0
      } catch (error) {
        this.onProblem(error)
        if (isStill(motion)) this.last = before
        // A camera that turns on because its stop was lost looks where nobody wants: the stop is sent again.
        if (isStill(motion) && ++this.failures < STOP_TRIES) this.waiting ??= motion
      }
    }
    this.busy = false
    this.failures = 0
  }
}
