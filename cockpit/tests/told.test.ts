import { describe, expect, it } from 'vitest'
import type { BridgeStep } from '@/api/feedbacks'
import { spans } from '@/pages/health/assessment/spans'
import { localOf, momentOf } from '@/pages/health/moments'
import { lastMonth } from '@/pages/health/reports/lastMonth'

const step = (code: string, rate: number | null): BridgeStep => ({ code, words: code, numerator: 0, denominator: 0, rows: 0, rate, points: null })

describe('the waterfall', () => {
  it('begins and ends with whole bars and draws each step from rate to rate', () => {
    const drawn = spans([step('theirs', 0.9), step('exempt', 0.94), step('duplicate', 0.93), step('ours', 0.93)])
    expect(drawn.map((one) => one?.way)).toEqual(['whole', 'up', 'down', 'whole'])
    expect(drawn[1]?.from).toBeCloseTo(drawn[0]?.to ?? -1)
    expect(drawn[2]?.to).toBeCloseTo(drawn[1]?.to ?? -1)
    expect(drawn[3]?.to).toBeCloseTo(drawn[2]?.from ?? -1)
    for (const one of drawn) {
      expect(one?.from).toBeGreaterThanOrEqual(0)
      expect(one?.to).toBeLessThanOrEqual(1)
    }
  })

  it('leaves out what has no rate, and draws nothing of nothing', () => {
    expect(spans([step('theirs', null), step('ours', null)])).toEqual([null, null])
    expect(spans([step('theirs', 0.5), step('unmatched', null), step('ours', 0.5)])[1]).toBeNull()
  })
})

describe('moments of the region', () => {
  it('reads a field as the region’s time and writes it back', () => {
    expect(momentOf('2026-10-05T10:05')).toBe('2026-10-05T02:05:00.000Z')
    expect(localOf(new Date('2026-10-05T02:05:00Z'))).toBe('2026-10-05T10:05')
    expect(momentOf('')).toBeUndefined()
  })
})

describe('the month a report is usually made of', () => {
  it('is the one before, over the turn of the year and by the region’s day', () => {
    expect(lastMonth(new Date('2026-11-02T01:00:00Z'))).toBe('2026-10')
    expect(lastMonth(new Date('2026-01-15T01:00:00Z'))).toBe('2025-12')
    // 00:30 of 1 November in the region is still October in UTC.
    expect(lastMonth(new Date('2026-10-31T16:30:00Z'))).toBe('2026-10')
  })
})
