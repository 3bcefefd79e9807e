import { AppendQueue, plan } from './buffer'

interface ManagedWindow {
  ManagedMediaSource?: typeof MediaSource
}

/** The browser's media source: the managed one where it exists (phones), else the ordinary one. */
export function mediaSourceClass(): typeof MediaSource | null {
  const managed = (globalThis as ManagedWindow).ManagedMediaSource
  return managed ?? (typeof MediaSource === 'undefined' ? null : MediaSource)
}

const rangesOf = (buffered: TimeRanges): [number, number][] =>
  Array.from({ length: buffered.length }, (_unused, index) => [buffered.start(index), buffered.end(index)])

/**
 * Feeds fragments of one stream into a video element and keeps it close to the live edge.
 * `onFault` runs once when the browser refuses the stream or the page cannot keep up.
 */
export class MediaSink {
  private readonly queue = new AppendQueue()
  private readonly source: MediaSource
  private readonly url: string
  private buffer: SourceBuffer | null = null
  private closed = false

  constructor(
    private readonly video: HTMLVideoElement,
    mime: string,
    Source: typeof MediaSource,
    private readonly onFault: (fault: 'behind' | 'decoder') => void,
  ) {
    this.source = new Source()
    this.url = URL.createObjectURL(this.source)
    video.disableRemotePlayback = true // ManagedMediaSource refuses to open otherwise
    video.src = this.url
    video.addEventListener('error', this.onVideoError)
    this.source.addEventListener(
      'sourceopen',
      () => {
        if (this.closed) return
        this.buffer = this.source.addSourceBuffer(mime)
        this.buffer.addEventListener('updateend', this.onUpdated)
        this.pump()
      },
      { once: true },
    )
  }

  append(fragment: ArrayBuffer): void {
    if (this.closed) return
    if (!this.queue.push(fragment)) this.fail('behind')
    else this.pump()
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.queue.clear()
    this.buffer?.removeEventListener('updateend', this.onUpdated)
    this.video.removeEventListener('error', this.onVideoError)
    this.video.removeAttribute('src')
    this.video.load()
    URL.revokeObjectURL(this.url)
  }

  private readonly onVideoError = () => this.fail('decoder')

  private readonly onUpdated = () => {
    if (this.closed || !this.buffer) return
    const next = plan({
      ranges: rangesOf(this.buffer.buffered),
      currentTime: this.video.currentTime,
      playbackRate: this.video.playbackRate,
    })
    if (next.seekTo !== null) this.video.currentTime = next.seekTo
    if (next.rate !== this.video.playbackRate) this.video.playbackRate = next.rate
    if (this.video.paused) this.video.play().catch(() => undefined) // the browser may want a click first
    // A fragment that came between the end of the append and this event may have begun the next one already.
    if (this.buffer.updating) return
    if (next.removeBefore !== null && next.removeBefore > 0) this.buffer.remove(0, next.removeBefore)
    else this.pump()
  }

  private pump(): void {
    const buffer = this.buffer
    if (!buffer || buffer.updating || this.source.readyState !== 'open') return
    const piece = this.queue.take()
    if (!piece) return
    try {
      buffer.appendBuffer(piece)
    } catch {
      this.fail('decoder')
    }
  }

  private fail(fault: 'behind' | 'decoder'): void {
    if (this.closed) return
    this.close()
    this.onFault(fault)
  }
}
