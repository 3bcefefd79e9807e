import { describe, expect, it } from 'vitest'
import { afterLoss, BLANK_MOST, FRESH, Played, permitServes, STEADY_MS, waitAfter, type Fared } from '@/parts/live/retries'

const middle = () => 0.5
/** Waits after each of these connections; `null` stands for one that brought no picture. */
const waits = (played: readonly (number | null)[]): (number | null)[] => {
  let fared: Fared = FRESH
  return played.map((one) => waitAfter((fared = afterLoss(fared, one)), middle))
}

describe('opening a stream again', () => {
  it('waits twice as long each time, and stops when no picture comes', () => {
    expect(waits([null, null, null, null, null, null, null])).toEqual([1000, 2000, 4000, 8000, 16_000, null, null])
  })

  it('goes on at the longest wait while there is a picture each time, though a short one', () => {
    expect(waits(Array.from({ length: 8 }, () => 500))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('begins anew after a picture that has really played', () => {
    expect(waits([null, null, null, STEADY_MS, null])).toEqual([1000, 2000, 4000, 1000, 2000])
    expect(waits([null, null, null, STEADY_MS - 1, null]).at(-1)).toBe(16_000)
  })

  it('counts tries without a picture in a row only', () => {
    const blank = Array.from({ length: BLANK_MOST }, () => null)
    expect(waits([...blank, 100, ...blank])).not.toContain(null)
  })

  it('never waits longer than half a minute nor in step with others', () => {
    for (const random of [0, 0.5, 0.999]) {
      for (let losses = 1; losses < 2000; losses += 37) {
        const wait = waitAfter({ losses, blank: 0 }, () => random)
        expect(wait).toBeGreaterThanOrEqual(750)
        expect(wait).toBeLessThanOrEqual(30_000)
      }
    }
    expect(waitAfter({ losses: 3, blank: 0 }, () => 0)).not.toBe(waitAfter({ losses: 3, blank: 0 }, () => 0.9))
  })
})

describe('what has played', () => {
  it('is nothing without a picture, and no standstill', () => {
    const played = new Played()
    expect(played.time).toBeNull()
    played.see(0)
    expect(played.time).toBe(0)
    for (let at = 250; at <= 3000; at += 250) played.see(at)
    expect(played.time).toBe(3000)
    played.see(60_000)
    expect(played.time).toBe(3000)
  })
})

describe('the permit one has', () => {
  const now = Date.parse('2026-03-01T08:00:00Z')

  it('serves again while it runs and its node answers', () => {
    for (const code of ['decoder', 'source_lost', 'behind', 'node_full', 'unreachable']) expect(permitServes(code, '2026-03-01T08:01:00Z', now)).toBe(true)
    expect(permitServes('decoder', '2026-03-01T07:59:59Z', now)).toBe(false)
    expect(permitServes('decoder', undefined, now)).toBe(false)
  })

  it.each(['permit_revoked', 'permit_expired', 'permit_refused', 'limit_unsupported', 'mark_hidden', 'connection_lost', 'node_stopping'])('does not after %s', (code) => {
    expect(permitServes(code, '2026-03-01T09:00:00Z', now)).toBe(false)
  })
})
