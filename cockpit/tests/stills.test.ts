import { beforeEach, describe, expect, it, vi } from 'vitest'
import { hasSound, readMessage, withSound } from '@/parts/live/messages'
import { StillSink } from '@/parts/live/stills'

const bitmap = { width: 4, height: 3, close: () => undefined } as unknown as ImageBitmap
const bytes = (n: number) => new Uint8Array([n]).buffer

/** A decoder whose pictures come when the test says so. */
function slowDecoder() {
  const pending: { resolve: (picture: ImageBitmap) => void; reject: () => void }[] = []
  const decode = () => new Promise<ImageBitmap>((resolve, reject) => pending.push({ resolve, reject: () => reject(new Error('broken')) }))
  return { pending, decode }
}
const settle = () => vi.waitFor(() => Promise.resolve())

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null)
})

describe('StillSink', () => {
  it('shows the newest picture when the page is slower than the camera', async () => {
    const { pending, decode } = slowDecoder()
    const shown: number[] = []
    const sink = new StillSink(document.createElement('canvas'), (time) => shown.push(time), () => undefined, decode)
    for (const time of [1, 2, 3]) {
      sink.announce(time)
      sink.append(bytes(time))
    }
    expect(pending).toHaveLength(1)
    pending[0]?.resolve(bitmap)
    await vi.waitFor(() => expect(pending).toHaveLength(2))
    pending[1]?.resolve(bitmap)
    await vi.waitFor(() => expect(shown).toEqual([1, 3]))
  })

  it('says once that a picture cannot be decoded, and stops', async () => {
    const { pending, decode } = slowDecoder()
    const fault = vi.fn()
    const sink = new StillSink(document.createElement('canvas'), () => undefined, fault, decode)
    sink.append(bytes(1))
    pending[0]?.reject()
    await vi.waitFor(() => expect(fault).toHaveBeenCalledOnce())
    sink.append(bytes(2))
    expect(pending).toHaveLength(1)
  })

  it('shows nothing after it was closed', async () => {
    const { pending, decode } = slowDecoder()
    const shown = vi.fn()
    const sink = new StillSink(document.createElement('canvas'), shown, () => undefined, decode)
    sink.append(bytes(1))
    sink.close()
    pending[0]?.resolve(bitmap)
    await settle()
    expect(shown).not.toHaveBeenCalled()
  })
})

describe('what a stream says of itself', () => {
  it('has sound only when its mime names a sound codec', () => {
    expect(hasSound('video/mp4; codecs="avc1.64001F, mp4a.40.2"')).toBe(true)
    expect(hasSound('video/mp4; codecs="avc1.64001F"')).toBe(false)
    expect(hasSound('image/jpeg')).toBe(false)
    expect(withSound('ws://node/live?ticket=t')).toBe('ws://node/live?ticket=t&sound=1')
  })

  it('is not understood when a picture comes without its time', () => {
    expect(readMessage('{"type":"picture","time":1.5}')).toEqual({ type: 'picture', time: 1.5 })
    expect(readMessage('{"type":"picture"}')).toBeNull()
  })
})
