import { describe, expect, it } from 'vitest'
import { causeKey, percentOf, ranked } from '@/pages/health/sweeps/causes'

describe('why cameras do not play', () => {
  it('has words for all that a try can end in', () => {
    const ends = [
      'unreachable', 'refused', 'timeout', 'unauthorized', 'not_found', 'no_video', 'unsupported_codec', 'protocol', 'lost',
      'undecodable', 'not_possible', 'gone',
    ]
    expect(ends.filter((cause) => causeKey(cause) === null)).toEqual([])
    expect(causeKey('of_a_newer_platform')).toBeNull()
  })

  it('comes the most frequent first, equals in a fixed order', () => {
    expect(ranked({ timeout: 2, lost: 5, refused: 2 })).toEqual([['lost', 5], ['refused', 2], ['timeout', 2]])
    expect(ranked({})).toEqual([])
  })
})

describe('how far a round is', () => {
  it('is not said to be over before it is', () => {
    expect(percentOf(1999, 2000)).toBe(99.9)
    expect(percentOf(99_999, 100_000)).toBe(99.9)
    expect(percentOf(2000, 2000)).toBe(100)
  })

  it('is nothing of nothing, and never more than all', () => {
    expect(percentOf(0, 0)).toBe(0)
    expect(percentOf(5, 4)).toBe(100)
  })
})
