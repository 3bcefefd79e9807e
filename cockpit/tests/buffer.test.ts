import { describe, expect, it } from 'vitest'
import { AppendQueue, CUSHION, MOST_BEHIND, MOST_WAITING, MOST_WAITING_BYTES, plan } from '@/parts/live/buffer'

const view = (ranges: [number, number][], currentTime: number, playbackRate = 1) => ({ ranges, currentTime, playbackRate })

describe('plan', () => {
  it('leaves an empty buffer alone', () => {
    expect(plan(view([], 0))).toEqual({ seekTo: null, removeBefore: null, rate: 1 })
  })

  it('starts near the live edge, never before the first picture', () => {
    expect(plan(view([[963, 963.4]], 0)).seekTo).toBeCloseTo(963.4 - CUSHION)
    expect(plan(view([[963, 963.1]], 0)).seekTo).toBe(963)
  })

  it('jumps when it has fallen too far behind', () => {
    expect(plan(view([[0, 10]], 10 - MOST_BEHIND - 0.1)).seekTo).toBeCloseTo(10 - CUSHION)
    expect(plan(view([[0, 10]], 9.2)).seekTo).toBeNull()
  })

  it('crosses a gap that will never fill', () => {
    expect(plan(view([[0, 5], [6, 6.5]], 4.99)).seekTo).toBeCloseTo(6.5 - CUSHION)
  })

  it('catches up gently and stops doing so', () => {
    expect(plan(view([[0, 10]], 8.6)).rate).toBeGreaterThan(1)
    expect(plan(view([[0, 10]], 9.2, 1.08)).rate).toBe(1.08)
    expect(plan(view([[0, 10]], 9.5, 1.08)).rate).toBe(1)
  })

  it('trims what was played, with room so that it does not trim every time', () => {
    expect(plan(view([[0, 11]], 10.5)).removeBefore).toBeNull()
    const trim = plan(view([[0, 31]], 30.5)).removeBefore
    expect(trim).toBeGreaterThan(0)
    expect(trim).toBeLessThan(30.5)
  })
})

describe('AppendQueue', () => {
  const piece = (byte: number, length = 1) => new Uint8Array(length).fill(byte).buffer

  it('gives back everything in order as one piece', () => {
    const queue = new AppendQueue()
    for (const byte of [1, 2, 3]) queue.push(piece(byte))
    expect([...(queue.take() ?? [])]).toEqual([1, 2, 3])
    expect(queue.take()).toBeNull()
  })

  it('refuses more than it may hold, in number and in bytes', () => {
    const many = new AppendQueue()
    for (let n = 0; n < MOST_WAITING; n++) expect(many.push(piece(0))).toBe(true)
    expect(many.push(piece(0))).toBe(false)
    const heavy = new AppendQueue()
    expect(heavy.push(piece(0, MOST_WAITING_BYTES))).toBe(true)
    expect(heavy.push(piece(0))).toBe(false)
  })
})
