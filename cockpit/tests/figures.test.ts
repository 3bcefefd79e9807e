import { describe, expect, it } from 'vitest'
import { placesFor } from '@/app/nav'
import { CHORD_MS, Keys } from '@/app/keys'
import { contrast, TOKENS } from '@/app/theme/tokens'
import { startOfDay } from '@/parts/day'
import { densityAlpha, failingShare, points, troubled } from '@/parts/map/layers'
import { mapQuery } from '@/parts/map/useMapData'
import { buckets, fittingHours } from '@/parts/series/buckets'
import { format, UNKNOWN } from '@/text/format'

const item = (start: string, name: string, count: number, coverage: number) => ({
  start, seconds: 60, class: name, in: count, out: 0, occupancy: null, coverage,
})

describe('buckets', () => {
  const from = Date.parse('2026-01-01T00:00:00Z')

  it('adds classes up by kind and leaves what was not watched unknown', () => {
    const list = buckets([item('2026-01-01T00:01:00Z', 'car', 2, 0.9), item('2026-01-01T00:01:00Z', 'bus', 1, 0.9)], from, from + 180_000, 60)
    expect(list.map((bucket) => bucket.vehicles)).toEqual([null, 3, null])
    expect(list.map((bucket) => bucket.people)).toEqual([null, null, null])
    expect(list[1]?.coverage.vehicles).toBe(0.9)
  })

  it('keeps a watched interval without anybody as a true zero', () => {
    expect(buckets([item('2026-01-01T00:00:00Z', 'person', 0, 1)], from, from + 60_000, 60)[0]?.people).toBe(0)
  })

  it('chooses hours that the counting fills', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    expect(fittingHours('2026-01-01T23:40:00Z', now)).toBe(1)
    expect(fittingHours('2026-01-01T20:00:00Z', now)).toBe(6)
    expect(fittingHours('2026-01-01T00:00:00Z', now)).toBe(24)
    expect(fittingHours(null, now)).toBe(1)
  })
})

describe('format', () => {
  const zh = format('zh')

  it('shows the unknown as a dash, never as zero', () => {
    for (const text of [zh.number(null), zh.percent(null), zh.bytes(null), zh.seconds(null), zh.dateTime(null), zh.ago(null)]) expect(text).toBe(UNKNOWN)
    expect(zh.number(0)).toBe('0')
  })

  it('shows times in the region’s zone', () => {
    expect(zh.dateTime('2026-11-22T16:30:00Z')).toContain('2026/11/23 00:30:00')
    expect(startOfDay(new Date('2026-11-22T16:30:00Z'))).toBe('2026-11-23T00:00:00+08:00')
  })

  it('words sizes and shares', () => {
    expect(zh.bytes(69_200_000)).toBe('69.2 MB')
    expect(zh.percent(0.8081)).toBe('80.8%')
  })
})

describe('map', () => {
  it('asks nothing new for a small move', () => {
    const one = mapQuery({ bbox: [108.31, 22.8, 108.42, 22.87], zoom: 12.1 }, {})
    const two = mapQuery({ bbox: [108.312, 22.801, 108.421, 22.871], zoom: 12.2 }, {})
    expect(two).toEqual(one)
  })

  it('asks for at least what is in view', () => {
    const [west, south, east, north] = String(mapQuery({ bbox: [108.31, 22.8, 108.42, 22.87], zoom: 12 }, {}).bbox).split(',').map(Number)
    expect((west ?? 0) <= 108.31 && (south ?? 0) <= 22.8 && (east ?? 0) >= 108.42 && (north ?? 0) >= 22.87).toBe(true)
  })

  it('reads points with their state and survives a state it does not know', () => {
    expect(points({ mode: 'points', points: [[1, 2, 3, 'a'], [1, 2, 9, 'b']], truncated: false }).map((point) => point.health)).toEqual(['offline', 'unknown'])
  })

  it('marks a cell only when it fares clearly worse than the whole', () => {
    const good = { works: 80, bad: 5, offline: 15 }
    const worse = { works: 10, bad: 2, offline: 12 }
    const overall = failingShare([good, worse])
    expect(troubled(good, overall)).toBeNull()
    expect(troubled(worse, overall)).toBe('offline')
    expect(troubled({ works: 0, bad: 1, offline: 0 }, overall)).toBeNull()
    expect(failingShare([])).toBe(0)
  })

  it('shades by the logarithm of how many there are', () => {
    const [few, more, most] = [1, 50, 2000].map((total) => densityAlpha(total, 2000))
    expect(few).toBeLessThan(more ?? 0)
    expect(more).toBeLessThan(most ?? 0)
    expect(most).toBeLessThanOrEqual(255)
  })
})

describe('keys', () => {
  const press = (key: string, rest = {}) => ({ key, typing: false, modified: false, ...rest })

  it('knows single keys and chords', () => {
    const keys = new Keys()
    expect(keys.press(press('/'), 0)).toEqual({ is: 'search' })
    expect(keys.press(press('?'), 0)).toEqual({ is: 'help' })
    expect(keys.press(press('g'), 100)).toBeNull()
    expect(keys.press(press('c'), 200)).toEqual({ is: 'go', letter: 'c' })
  })

  it('leaves typing and the browser’s own shortcuts alone', () => {
    const keys = new Keys()
    expect(keys.press(press('/', { typing: true }), 0)).toBeNull()
    expect(keys.press(press('g', { modified: true }), 0)).toBeNull()
    expect(keys.press(press('c'), 10)).toBeNull()
  })

  it('forgets a chord that was begun long ago', () => {
    const keys = new Keys()
    keys.press(press('g'), 0)
    expect(keys.press(press('c'), CHORD_MS + 1)).toBeNull()
  })
})

describe('navigation', () => {
  it('shows only what a role may use', () => {
    expect(placesFor(['cameras.read', 'health.read']).map((place) => place.key)).toEqual(['overview', 'cameras', 'health'])
    expect(placesFor([])).toEqual([])
  })
})

describe.each(Object.entries(TOKENS))('tokens of the %s', (_mood, tokens) => {
  it('keep text readable (WCAG AA)', () => {
    for (const ground of [tokens.ground, tokens.panel, tokens.raised]) {
      for (const text of [tokens.text, tokens.textMuted, tokens.textFaint]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5)
    }
    expect(contrast(tokens.accentText, tokens.accent)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(tokens.accent, tokens.panel)).toBeGreaterThanOrEqual(4.5)
  })

  it('keep the health shapes visible', () => {
    for (const state of [tokens.works, tokens.bad, tokens.offline, tokens.unknown]) expect(contrast(state, tokens.panel)).toBeGreaterThanOrEqual(3)
  })
})
