import { describe, expect, it } from 'vitest'
import { BoxRing, STALE_SECONDS } from '@/parts/live/boxes'
import type { BoxesMessage } from '@/parts/live/messages'

const at = (time: number): BoxesMessage => ({ type: 'boxes', time, boxes: [[0, 0, 1, 1, 'car', 0.9, 1]] })

describe('BoxRing', () => {
  it('finds the boxes nearest to the picture shown', () => {
    const ring = new BoxRing()
    for (const time of [10, 10.2, 10.4]) ring.push(at(time))
    expect(ring.at(10.22)?.time).toBe(10.2)
    expect(ring.at(10.39)?.time).toBe(10.4)
  })

  it('draws nothing rather than stale boxes', () => {
    const ring = new BoxRing()
    ring.push(at(10))
    expect(ring.at(10 + STALE_SECONDS)?.time).toBe(10)
    expect(ring.at(10 + STALE_SECONDS + 0.01)).toBeNull()
  })

  it('does not draw boxes of a picture that is yet to come', () => {
    const ring = new BoxRing()
    ring.push(at(12))
    expect(ring.at(11)).toBeNull()
  })

  it('keeps line counts when the boxes have gone stale', () => {
    const ring = new BoxRing()
    ring.push({ ...at(10), lines: [{ id: 'l', in: 3, out: 1 }] })
    expect(ring.at(99)).toBeNull()
    expect(ring.latest()?.lines?.[0]?.in).toBe(3)
  })

  it('forgets the old timeline when the source was opened again', () => {
    const ring = new BoxRing()
    ring.push(at(500))
    ring.push(at(0.2))
    expect(ring.at(500)).toBeNull()
    expect(ring.at(0.2)?.time).toBe(0.2)
  })

  it('stays bounded', () => {
    const ring = new BoxRing()
    for (let n = 0; n < 5000; n++) ring.push(at(n / 10))
    expect(ring.at(1)).toBeNull()
    expect(ring.at(499.9)?.time).toBe(499.9)
  })
})
