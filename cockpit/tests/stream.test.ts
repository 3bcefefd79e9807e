import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BLANK_MOST } from '@/parts/live/retries'
import { LiveStream, type StreamState } from '@/parts/live/stream'

class FakeSocket {
  static all: FakeSocket[] = []
  binaryType = ''
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false
  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }
  close() {
    this.closed = true
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

class FakeSource extends EventTarget {
  static supported = true
  static isTypeSupported = () => FakeSource.supported
  readyState = 'open'
}

const stream = { type: 'stream', mime: 'video/mp4; codecs="avc1.64001F"', codec: 'h264', width: 640, height: 360, start: 5 }

function play() {
  const states: StreamState[] = []
  const skips: number[] = []
  const audible = vi.fn()
  const video = document.createElement('video')
  const live = new LiveStream('ws://node/live?ticket=t&camera=c', video, document.createElement('canvas'), {
    onState: (state) => states.push(state),
    onSkip: (frames) => skips.push(frames),
    onAudible: audible,
  })
  return { live, video, states, skips, audible, last: () => states.at(-1) }
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
  FakeSource.supported = true
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('MediaSource', FakeSource)
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => undefined }))
  vi.spyOn(HTMLMediaElement.prototype, 'load').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('LiveStream', () => {
  it('tells that a camera has sound, at once or when it begins to', () => {
    const { audible, last } = play()
    FakeSocket.all[0]?.say({ ...stream, sound: false })
    expect(audible).not.toHaveBeenCalled()
    FakeSocket.all[0]?.say({ type: 'sound' })
    expect(audible).toHaveBeenCalledTimes(1)
    FakeSocket.all[0]?.say({ ...stream, sound: true })
    expect(audible).toHaveBeenCalledTimes(2)
    expect(last()).toMatchObject({ is: 'playing' })
  })

  it('plays what it is sent and keeps the boxes', () => {
    const { live, last, skips } = play()
    FakeSocket.all[0]?.say(stream)
    FakeSocket.all[0]?.say({ type: 'boxes', time: 5, boxes: [] })
    FakeSocket.all[0]?.say({ type: 'skip', frames: 12 })
    expect(last()).toMatchObject({ is: 'playing', stream: { codec: 'h264' } })
    expect(live.boxes.at(5)).not.toBeNull()
    expect(skips).toEqual([12])
  })

  it('says in words why it was lost and comes back', () => {
    const { last } = play()
    FakeSocket.all[0]?.say({ type: 'end', code: 'node_stopping', zh: '节点停止', en: 'stopping' })
    expect(last()).toEqual({ is: 'lost', code: 'node_stopping', words: { zh: '节点停止', en: 'stopping' }, again: true, tries: 0 })
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it.each(['permit_revoked', 'permit_refused', 'camera_without_source', 'camera_invalid', 'limit_unsupported'])('does not come back after %s', (code) => {
    const { last } = play()
    FakeSocket.all[0]?.say({ type: 'end', code, zh: '结束', en: 'ended' })
    vi.advanceTimersByTime(60_000)
    expect(last()).toMatchObject({ again: false })
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('says so when the browser cannot play the codec', () => {
    FakeSource.supported = false
    const { last } = play()
    FakeSocket.all[0]?.say({ ...stream, codec: 'h265' })
    expect(last()).toMatchObject({ is: 'lost', code: 'unsupported_codec', again: false })
    expect(FakeSocket.all[0]?.closed).toBe(true)
  })

  it('gives up after some tries without a picture, and says after how many', () => {
    const { last } = play()
    for (let n = 0; n < 20; n++) {
      FakeSocket.all.at(-1)?.onclose?.()
      vi.advanceTimersByTime(60_000)
    }
    expect(last()).toMatchObject({ is: 'lost', again: false, tries: BLANK_MOST })
    expect(FakeSocket.all).toHaveLength(1 + BLANK_MOST)
  })

  it('gives up a stream that begins each time and is never decoded, and opens nothing but its one address', () => {
    const { last, video } = play()
    for (let n = 0; n < 20; n++) {
      FakeSocket.all.at(-1)?.say(stream)
      video.dispatchEvent(new Event('error'))
      vi.advanceTimersByTime(60_000)
    }
    expect(last()).toMatchObject({ is: 'lost', code: 'decoder', again: false, tries: BLANK_MOST })
    expect(FakeSocket.all).toHaveLength(1 + BLANK_MOST)
    expect(new Set(FakeSocket.all.map(({ url }) => url)).size).toBe(1)
  })

  it('waits a second again once the picture has moved for a while', () => {
    const { video } = play()
    for (let n = 0; n < 4; n++) {
      FakeSocket.all.at(-1)?.onclose?.()
      vi.advanceTimersByTime(60_000)
    }
    const before = FakeSocket.all.length
    FakeSocket.all.at(-1)?.say(stream)
    Object.defineProperty(video, 'readyState', { value: 4 })
    for (let n = 0; n <= 44; n++) {
      video.dispatchEvent(new Event('timeupdate'))
      vi.advanceTimersByTime(250)
    }
    FakeSocket.all.at(-1)?.onclose?.()
    vi.advanceTimersByTime(1300)
    expect(FakeSocket.all).toHaveLength(before + 1)
  })

  it('ignores messages it does not understand', () => {
    const { states } = play()
    FakeSocket.all[0]?.onmessage?.({ data: '{not json' })
    FakeSocket.all[0]?.say({ type: 'from the future' })
    expect(states).toEqual([{ is: 'connecting' }])
  })

  it('is silent after it was stopped', () => {
    const { live, states } = play()
    live.stop()
    FakeSocket.all[0]?.onclose?.()
    vi.advanceTimersByTime(60_000)
    expect(states).toHaveLength(1)
    expect(FakeSocket.all).toHaveLength(1)
  })
})
