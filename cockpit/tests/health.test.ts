import { describe, expect, it } from 'vitest'
import type { Indicator, TrendPoint } from '@/api/health'
import { placesFor } from '@/app/nav'
import { downTo } from '@/pages/health/down'
import { days, floor } from '@/pages/health/overview/days'
import { readView, writeView } from '@/pages/health/overview/view'

const item = (code: string, over: Partial<Indicator> = {}): Indicator => ({
  code, name: { zh: code, en: code }, definition: { zh: '', en: '' }, formula: '', formula_words: { zh: '', en: '' }, unit: 'camera', aim: null, alert: null,
  standing: null, sample: null, down: {}, value: 0.9, numerator: 9, denominator: 10, unknown: 0, exempt: 0, coverage: 1, low: 0.9, high: 0.9, variant: 'checked', as_of: null, ...over,
})
const point = (day: string, value: number | null): TrendPoint => ({ day, value, numerator: 0, denominator: 0, unknown: 0, coverage: 1, low: null, high: null })

describe('the place of Health', () => {
  it('follows Video and lets firms’ supervisors in', () => {
    expect(placesFor(['cameras.read', 'pictures.view', 'health.read', 'cases.read']).map((place) => place.key)).toEqual(['overview', 'cameras', 'video', 'health', 'cases'])
    expect(placesFor(['maintenance.read']).map((place) => place.key)).toEqual(['health'])
  })
})

describe('the way down from a figure', () => {
  it('is the list where its filters tell the cameras', () => {
    expect(downTo(item('online', { down: { health: 'offline' } }), '4501')).toBe('/cameras?region=4501&health=offline')
  })
  it('is a selection where no filter does', () => {
    expect(downTo(item('playable'), '45')).toBe('/health/behind?indicator=playable&which=lacking&kind=region&region=45')
    const unit = { kind: 'unit', scope: 'u-1', region: '45' } as const
    expect(downTo(item('online', { down: { health: 'offline' } }), '45', unit)).toContain('kind=unit&region=45&scope=u-1')
  })
  it('leads to those not measured when none was, and nowhere when there is nobody', () => {
    expect(downTo(item('intact', { value: null, denominator: 0, unknown: 4 }), '45')).toContain('which=unknown')
    expect(downTo(item('recording', { value: null, denominator: 0 }), '45')).toBeUndefined()
    expect(downTo(item('online', { unit: 'hour' }), '45')).toBeUndefined()
  })
})

describe('the view in the address', () => {
  it('comes back as it was written, and is empty when it is the usual one', () => {
    const usual = readView(new URLSearchParams(), '45')
    expect(writeView(usual, '45').toString()).toBe('')
    const other = { ...usual, region: '4503', part: 'trend', by: 'intact', of: 'unit' } as const
    expect(readView(writeView(other, '45'), '45')).toEqual(other)
  })
  it('takes no word for granted', () => {
    expect(readView(new URLSearchParams('region=<b>&part=moon&of=sun&kind=x'), '45')).toEqual(readView(new URLSearchParams(), '45'))
  })
})

describe('the days of a trend', () => {
  it('has a gap where nothing was counted', () => {
    const items = [point('2026-02-27', 0.5), point('2026-03-01', 0.6)]
    expect(days({ first: '2026-02-26', last: '2026-03-01', items }).map(([day, one]) => [day, one?.value ?? null])).toEqual([
      ['2026-02-26', null], ['2026-02-27', 0.5], ['2026-02-28', null], ['2026-03-01', 0.6],
    ])
  })
  it('begins low enough for every point and bar', () => {
    expect(floor({ aim: null, items: [point('d', 0.97)] })).toBe(0.8)
    expect(floor({ aim: 0.99, items: [point('d', 0.42), point('e', null)] })).toBe(0.4)
    expect(floor({ aim: null, items: [point('d', 0)] })).toBe(0)
  })
})
