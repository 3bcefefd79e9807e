/** What the media node says on a live WebSocket beside the binary fragments. */
export interface StreamMessage {
  type: 'stream'
  mime: string
  codec: string
  width: number
  height: number
  /** Media time of the first fragment, seconds. */
  start: number
  /** Whether the camera has sound. It is sent to who asks for it (`sound=1`); then the mime names it, too. */
  sound?: boolean
}

/** The camera has begun to send sound. */
export interface SoundMessage {
  type: 'sound'
}

/** JPEG only: the media time of the file that follows, seconds. */
export interface PictureMessage {
  type: 'picture'
  time: number
}

/** [x0, y0, x1, y1, class, score, track]; coordinates are shares of the picture, 0..1. */
export type Box = [number, number, number, number, string, number, number | null]

export interface LineCount {
  id: string
  in: number
  out: number
}

export interface BoxesMessage {
  type: 'boxes'
  /** Media time the boxes were seen at, seconds, on the timeline of the fragments. */
  time: number
  boxes: Box[]
  lines?: LineCount[]
}

export interface SkipMessage {
  type: 'skip'
  frames: number
}

export interface StateMessage {
  type: 'state' | 'end'
  code: string
  zh?: string
  en?: string
}

export type LiveViewMessage = StreamMessage | SoundMessage | PictureMessage | BoxesMessage | SkipMessage | StateMessage

const TYPES = new Set(['stream', 'sound', 'picture', 'boxes', 'skip', 'state', 'end'])

/** Reads one text message; what is not understood is null, so that a newer node does not break an older page. */
export function readMessage(text: string): LiveViewMessage | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('type' in value) || !TYPES.has(String(value.type))) return null
    if (value.type === 'boxes') {
      const { time, boxes } = value as Partial<BoxesMessage>
      if (typeof time !== 'number' || !Array.isArray(boxes)) return null
    }
    if (value.type === 'picture' && typeof (value as Partial<PictureMessage>).time !== 'number') return null
    return value as LiveViewMessage
  } catch {
    return null
  }
}

/** Whether a stream carries sound, by the codecs its mime names. */
export const hasSound = (mime: string): boolean => /\b(mp4a|opus|flac)\b/i.test(mime)

/** The address of the same stream with sound. */
export const withSound = (url: string): string => `${url}${url.includes('?') ? '&' : '?'}sound=1`
