import { describe, expect, it } from 'vitest'
import type { Osd, OsdReading } from '@/api/osd'
import { clockOf, labelOf, turned } from '@/pages/camera/osd/judge'

const osd: Osd = { able: true, models: [], names: ['人民路'], clock_bar: 10, label_bar: 0.5, reading: null, figures: null }
const reading: OsdReading = {
  at: '2026-11-23T04:00:00Z', state: 'clock', shown: '2026-11-23T12:00:00', date_known: true, difference: 3, error: 1, hint: null, label: '人民路', likeness: 0.9, named: '人民路',
  lines: [], clock_at: '2026-11-23T04:00:00Z',
}

describe('the clock in a picture', () => {
  it.each([
    [3, 'right'],
    [-10.9, 'right'],
    [11.1, 'wrong'],
    [-28_800, 'wrong'],
    [null, 'unread'],
  ])('off by %s is %s: what the error may explain is no fault', (difference, state) => {
    expect(clockOf(osd, { ...reading, difference }).state).toBe(state)
  })
})

describe('the label in a picture', () => {
  it('is right, wrong, missing beside a clock, or unread', () => {
    expect(labelOf(osd, reading)).toBe('right')
    expect(labelOf(osd, { ...reading, likeness: 0.4 })).toBe('wrong')
    expect(labelOf(osd, { ...reading, likeness: null })).toBe('missing')
    expect(labelOf(osd, { ...reading, likeness: null, state: 'nothing' })).toBe('unread')
  })
})

describe('a turned camera', () => {
  it('looks to the side opposite to where its picture went', () => {
    expect(turned([0.1, -0.05])).toEqual({ right: -0.1, down: 0.05 })
  })
})
