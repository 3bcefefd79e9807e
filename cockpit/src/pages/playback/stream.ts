import { viewerSocket } from '@/api/views'
import { MediaSink, mediaSourceClass } from '@/parts/live/sink'
import type { StreamMessage } from '@/parts/live/messages'
import type { Bilingual } from '@/text/core'
import { Positions } from './positions'

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16] as const

export type PlaybackState =
  | { is: 'connecting' }
  | { is: 'playing'; stream: StreamMessage }
  | { is: 'over'; code: string; words: Bilingual | null }

export interface PlaybackEvents {
  onState: (state: PlaybackState) => void
  /** Nothing was recorded between two moments. */
  onGap: (gap: { from: string; to: string } | null) => void
  onRefused: (words: Bilingual) => void
}

export type Command = { type: 'pause' | 'play' | 'step' } | { type: 'seek'; at: string } | { type: 'speed'; speed: number }

interface Said {
  type: string
  code?: string
  zh?: string
  en?: string
  from?: string
  to?: string
  time?: number
  at?: string
  speed?: number
}

const read = (text: string): Said | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'type' in value ? (value as Said) : null
  } catch {
    return null
  }
}

const words = ({ zh, en }: Said): Bilingual | null => (zh !== undefined && en !== undefined ? { zh, en } : null)

/** Plays one camera's recordings into a video element, and steers the node that sends them. */
export class PlaybackStream {
  private readonly positions = new Positions()
  private readonly socket: WebSocket
  private sink: MediaSink | null = null
  private over = false
  private waiting: Command[] = []

  constructor(
    url: string,
    private readonly video: HTMLVideoElement,
    private readonly events: PlaybackEvents,
  ) {
    events.onState({ is: 'connecting' })
    this.socket = viewerSocket(url)
    this.socket.binaryType = 'arraybuffer'
    this.socket.onopen = () => {
      for (const command of this.waiting.splice(0)) this.say(command)
    }
    this.socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') this.onText(event.data)
      else this.sink?.append(event.data)
    }
    this.socket.onclose = () => this.end('connection_lost', null)
  }

  say(command: Command): void {
    if (this.socket.readyState === WebSocket.CONNECTING) this.waiting.push(command)
    else if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command))
  }

  /** When the picture that is shown was taken, milliseconds. */
  moment(): number | null {
    return this.sink ? this.positions.momentAt(this.video.currentTime) : null
  }

  /** One picture came on demand: show it, though there is none behind it to play on to. */
  showLast(): void {
    const { buffered } = this.video
    if (buffered.length > 0) this.video.currentTime = Math.max(0, buffered.end(buffered.length - 1) - 0.001)
  }

  stop(): void {
    this.over = true
    this.socket.onmessage = null
    this.socket.onclose = null
    this.socket.close()
    this.sink?.close()
    this.sink = null
  }

  private onText(text: string): void {
    const said = read(text)
    if (!said) return
    if (said.type === 'stream') this.begin(said as unknown as StreamMessage)
    else if (said.type === 'position' && said.time !== undefined && said.at !== undefined) {
      this.positions.push({ time: said.time, at: Date.parse(said.at), speed: said.speed ?? 1 })
      this.events.onGap(null)
    } else if (said.type === 'gap' && said.from !== undefined && said.to !== undefined) this.events.onGap({ from: said.from, to: said.to })
    else if (said.type === 'refused') {
      const refused = words(said)
      if (refused) this.events.onRefused(refused)
    } else if (said.type === 'end') this.end(said.code ?? 'connection_lost', words(said))
  }

  private begin(stream: StreamMessage): void {
    this.sink?.close()
    const Source = mediaSourceClass()
    if (!Source?.isTypeSupported(stream.mime)) {
      this.end(Source ? 'unsupported_codec' : 'no_media_source', null)
      return
    }
    this.sink = new MediaSink(this.video, stream.mime, Source, (fault) => this.end(fault, null))
    this.events.onState({ is: 'playing', stream })
  }

  /** The last picture stays on the screen when a recording is over; when it was cut off, it goes. */
  private end(code: string, said: Bilingual | null): void {
    if (this.over) return
    this.over = true
    this.socket.onclose = null
    this.socket.close()
    if (code !== 'recording_end') {
      this.sink?.close()
      this.sink = null
    }
    this.events.onState({ is: 'over', code, words: said })
  }
}
