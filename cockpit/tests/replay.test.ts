import { describe, expect, it } from 'vitest'
import { pictureAt, ReplayBuffer } from '@/parts/live/replay'

const piece = (bytes: number, mark = 0) => new Uint8Array(bytes).fill(mark).buffer

describe('ReplayBuffer', () => {
  it('keeps the init segment and the fragments of the last seconds', () => {
    const buffer = new ReplayBuffer(30, 1_000_000)
    expect(buffer.cut()).toBeNull()
    buffer.begin('video/mp4; codecs="avc1"', false)
    const init = piece(4)
    buffer.push(init, 0)
    expect(buffer.cut()).toBeNull()
    for (let second = 0; second <= 60; second++) buffer.push(piece(10, second), second * 1000)
    const cut = buffer.cut()
    expect(cut?.init).toBe(init)
    expect(cut?.pictures).toBeNull()
    expect(cut?.fragments.map((fragment) => new Uint8Array(fragment)[0])).toEqual(Array.from({ length: 31 }, (_unused, index) => 30 + index))
    expect(cut?.until).toBe(60_000)
  })

  it('never keeps more bytes than it may, whatever the seconds', () => {
    const buffer = new ReplayBuffer(30, 100)
    buffer.begin('video/mp4', false)
    buffer.push(piece(4), 0)
    for (let index = 0; index < 50; index++) buffer.push(piece(30), index)
    expect(buffer.cut()?.fragments).toHaveLength(3)
    buffer.push(piece(500), 51)
    expect(buffer.cut()).toBeNull()
  })

  it('forgets one stream when another begins', () => {
    const buffer = new ReplayBuffer()
    buffer.begin('video/mp4', false)
    buffer.push(piece(4), 0)
    buffer.push(piece(4), 1)
    buffer.begin('image/jpeg', true)
    expect(buffer.cut()).toBeNull()
    buffer.push(piece(4, 7), 2, 12.5)
    expect(buffer.cut()).toMatchObject({ init: null, fragments: [], pictures: [{ time: 12.5 }] })
  })
})

describe('pictureAt', () => {
  const pictures = [1, 2, 3].map((time) => ({ time, file: piece(1, time) }))
  it.each([[0.5, 1], [1, 1], [2.9, 2], [9, 3]])('at %d s shows the picture of %d s', (time, shown) => {
    expect(new Uint8Array(pictureAt(pictures, time) ?? piece(1))[0]).toBe(shown)
  })
  it('shows nothing when there is nothing', () => expect(pictureAt([], 1)).toBeNull())
})
