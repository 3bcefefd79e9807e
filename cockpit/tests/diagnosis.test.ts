import { describe, expect, it } from 'vitest'
import { AREAS } from '@/pages/health/areas'
import { step, until, worded } from '@/pages/health/diagnosis/words'
import { format, UNKNOWN } from '@/text/format'

const f = format('en')

describe('a score in its unit', () => {
  it('is a share, steps of grey, thousandths, seconds or a plain number', () => {
    expect(worded(f, 'share', 0.94)).toBe('94%')
    expect(worded(f, 'share', 0.021)).toBe('2.1%')
    expect(worded(f, 'grey', 9.25)).toBe('9.3')
    expect(worded(f, 'grey', 203.8)).toBe('204')
    expect(worded(f, 'permille', 6.84)).toBe('6.8‰')
    expect(worded(f, 'score', 0.5)).toBe('0.50')
  })
  it('is a dash when it is not known', () => {
    for (const unit of ['share', 'grey', 'permille', 'seconds', 'score'] as const) expect(worded(f, unit, null)).toBe(UNKNOWN)
  })
  it('is turned up and down in steps that matter', () => {
    expect([step({ unit: 'share' }), step({ unit: 'permille' }), step({ unit: 'grey' })]).toEqual([0.01, 0.1, 1])
  })
})

describe('until when something said applies', () => {
  it('is a week, a month, or for good', () => {
    const now = Date.UTC(2026, 5, 1)
    expect(until('week', now)).toBe('2026-06-08T00:00:00.000Z')
    expect(until('month', now)).toBe('2026-07-01T00:00:00.000Z')
    expect(until('ever', now)).toBeNull()
  })
})

describe('the place of diagnosis', () => {
  it('is in Health, for who may read it', () => {
    expect(AREAS.find((part) => part.path === '/health/diagnosis')?.needs).toEqual(['health.read'])
  })
})
