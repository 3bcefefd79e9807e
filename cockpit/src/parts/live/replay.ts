/** What may be looked at again, seconds. */
export const REPLAY_SECONDS = 30
/** And how much of it one picture may keep: 30 s at 4 Mbit/s. A heavier stream is kept for a shorter time. */
export const REPLAY_MOST_BYTES = 15_000_000

interface Kept {
  /** When it came, milliseconds. */
  at: number
  piece: ArrayBuffer
  /** Media time of a single picture, seconds. */
  time: number
}

/** A stretch of the past, ready to be played. */
export interface Cut {
  mime: string
  /** JPEG: single files with their times; otherwise an init segment and fragments. */
  pictures: readonly { time: number; file: ArrayBuffer }[] | null
  init: ArrayBuffer | null
  fragments: readonly ArrayBuffer[]
  /** When the newest of it came, milliseconds: the end of the stretch. */
  until: number
}

/** Keeps what a stream has sent lately, bounded in time and bytes; what was seen once may be seen again at once. */
export class ReplayBuffer {
  private kept: Kept[] = []
  private bytes = 0
  private mime = ''
  private single = false
  private init: ArrayBuffer | null = null

  constructor(
    private readonly seconds = REPLAY_SECONDS,
    private readonly mostBytes = REPLAY_MOST_BYTES,
  ) {}

  /** A stream begins: what was kept of another cannot be played together with it. */
  begin(mime: string, single: boolean): void {
    this.kept = []
    this.bytes = 0
    this.mime = mime
    this.single = single
    this.init = null
  }

  /** One binary message. The first of a stream that is no JPEG is its init segment. */
  push(piece: ArrayBuffer, at: number, time = 0): void {
    if (!this.single && this.init === null) {
      this.init = piece
      return
    }
    this.kept.push({ at, piece, time })
    this.bytes += piece.byteLength
    let gone = 0
    for (const { at: then, piece: old } of this.kept) {
      if (then >= at - this.seconds * 1000 && this.bytes <= this.mostBytes) break
      this.bytes -= old.byteLength
      gone += 1
    }
    if (gone > 0) this.kept.splice(0, gone)
  }

  /** What is kept now; null when there is nothing to look at again. The pieces are shared, not copied. */
  cut(): Cut | null {
    const last = this.kept.at(-1)
    if (!last || (!this.single && this.init === null)) return null
    return {
      mime: this.mime,
      pictures: this.single ? this.kept.map(({ time, piece }) => ({ time, file: piece })) : null,
      init: this.init,
      fragments: this.single ? [] : this.kept.map(({ piece }) => piece),
      until: last.at,
    }
  }
}

/** The picture to show at a time: the newest that is not newer. */
export function pictureAt(pictures: readonly { time: number; file: ArrayBuffer }[], time: number): ArrayBuffer | null {
  let found: ArrayBuffer | null = null
  for (const picture of pictures) {
    if (picture.time > time) break
    found = picture.file
  }
  return found ?? pictures[0]?.file ?? null
}
