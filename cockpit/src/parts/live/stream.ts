import { viewerSocket } from '@/api/views'
import type { Bilingual } from '@/text/core'
import { BoxRing } from './boxes'
import { readMessage, type StateMessage, type StreamMessage } from './messages'
import { ReplayBuffer } from './replay'
import { afterLoss, BLANK_MOST, FRESH, Played, waitAfter } from './retries'
import { MediaSink, mediaSourceClass } from './sink'
import { StillSink } from './stills'

/** Endings after which trying again with the same permit cannot help. */
const FINAL = new Set([
  'permit_revoked', 'permit_expired', 'permit_refused', 'limit_unsupported', 'unsupported_codec', 'unauthorized', 'not_found',
  'no_video', 'no_media_source', 'camera_without_source', 'camera_invalid',
])

export type StreamState =
  | { is: 'connecting' }
  | { is: 'playing'; stream: StreamMessage }
  /**
   * `words` come from the server; without them the page words the code. `again`: it is tried by itself; otherwise `tries`
   * says how often that was done in vain.
   */
  | { is: 'lost'; code: string; words: Bilingual | null; again: boolean; tries: number }

export interface StreamEvents {
  onState: (state: StreamState) => void
  /** A slow viewer was moved on to the next keyframe. */
  onSkip: (frames: number) => void
  /** The camera has sound, whether it is sent here or not. */
  onAudible?: () => void
}

/** Plays one permitted camera into a video element: connects, feeds, keeps the boxes, comes back after a loss. */
export class LiveStream {
  readonly boxes = new BoxRing()
  readonly replay = new ReplayBuffer()
  private socket: WebSocket | null = null
  private sink: MediaSink | null = null
  private stills: StillSink | null = null
  /** Told when a single picture (JPEG) is on the screen; a video tells by itself. */
  onStill: ((time: number) => void) | null = null
  private timer: number | null = null
  private fared = FRESH
  private played = new Played()
  private stopped = false
  private ended = false
  private pictureTime = 0

  constructor(
    private readonly url: string,
    private readonly video: HTMLVideoElement,
    /** Where a camera that sends single pictures is shown. */
    private readonly canvas: HTMLCanvasElement,
    private readonly events: StreamEvents,
  ) {
    video.addEventListener('timeupdate', this.onTime)
    this.connect()
  }

  stop(): void {
    this.stopped = true
    if (this.timer !== null) window.clearTimeout(this.timer)
    this.video.removeEventListener('timeupdate', this.onTime)
    this.drop()
  }

  private connect(): void {
    this.timer = null
    this.ended = false
    this.played = new Played()
    this.events.onState({ is: 'connecting' })
    const socket = viewerSocket(this.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') this.onText(event.data)
      else this.onPiece(event.data)
    }
    socket.onclose = () => {
      this.socket = null
      if (!this.ended) this.lose('connection_lost', null)
    }
  }

  private onText(text: string): void {
    const message = readMessage(text)
    if (!message) return
    if (message.type === 'sound' || (message.type === 'stream' && message.sound)) this.events.onAudible?.()
    if (message.type === 'sound') return
    if (message.type === 'stream') this.begin(message)
    else if (message.type === 'picture') this.announce(message.time)
    else if (message.type === 'boxes') this.boxes.push(message)
    else if (message.type === 'skip') this.events.onSkip(message.frames)
    else if (message.type === 'state') this.events.onState({ is: 'lost', code: message.code, words: wordsOf(message), again: true, tries: 0 })
    else this.lose(message.code, wordsOf(message))
  }

  private announce(time: number): void {
    this.pictureTime = time
    this.stills?.announce(time)
  }

  private onPiece(piece: ArrayBuffer): void {
    this.replay.push(piece, Date.now(), this.pictureTime)
    ;(this.sink ?? this.stills)?.append(piece)
  }

  private begin(stream: StreamMessage): void {
    this.closeSinks()
    this.replay.begin(stream.mime, stream.codec === 'jpeg')
    if (stream.codec === 'jpeg') {
      this.stills = new StillSink(this.canvas, (time) => this.onPicture(time), () => this.lose('decoder', null))
      this.events.onState({ is: 'playing', stream })
      return
    }
    const Source = mediaSourceClass()
    if (!Source?.isTypeSupported(stream.mime)) {
      this.lose(Source ? 'unsupported_codec' : 'no_media_source', null)
      return
    }
    this.sink = new MediaSink(this.video, stream.mime, Source, (fault) => this.lose(fault, null))
    this.events.onState({ is: 'playing', stream })
  }

  private readonly onTime = () => {
    // That its description came proves nothing: only a decoded picture does.
    if (this.sink && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.played.see(performance.now())
  }

  private onPicture(time: number): void {
    this.played.see(performance.now())
    this.onStill?.(time)
  }

  /**
   * Lets go of the connection and, unless the reason is final or no picture comes, opens it again after a wait: with the
   * same ticket, for the permit still runs.
   */
  private lose(code: string, words: Bilingual | null): void {
    if (this.stopped) return
    this.ended = true
    this.drop()
    this.fared = afterLoss(this.fared, this.played.time)
    const wait = FINAL.has(code) ? null : waitAfter(this.fared)
    this.events.onState({ is: 'lost', code, words, again: wait !== null, tries: this.fared.blank > BLANK_MOST ? BLANK_MOST : 0 })
    if (wait !== null) this.timer = window.setTimeout(() => this.connect(), wait)
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (socket) {
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    }
    this.closeSinks()
  }

  private closeSinks(): void {
    this.sink?.close()
    this.sink = null
    this.stills?.close()
    this.stills = null
    this.boxes.clear()
  }
}

const wordsOf = ({ zh, en }: StateMessage): Bilingual | null => (zh && en ? { zh, en } : null)
