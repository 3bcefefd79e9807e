import { describe, expect, it } from 'vitest'
import { ALWAYS, cells, hoursOf, painted, periods } from '@/pages/playback/hours'
import { Positions } from '@/pages/playback/positions'
import { around, DAY, HOUR, marked, momentOf, nextRecorded, shareOf, ticks } from '@/pages/playback/span'

const day = { begin: Date.parse('2026-11-22T00:00:00+08:00'), end: Date.parse('2026-11-23T00:00:00+08:00') }

describe('positions', () => {
  it('tells when a picture was taken, at any speed', () => {
    const positions = new Positions()
    expect(positions.momentAt(3)).toBeNull()
    positions.push({ time: 1, at: 1_000_000, speed: 1 })
    positions.push({ time: 5, at: 1_004_000, speed: 4 })
    expect(positions.momentAt(2)).toBe(1_001_000)
    expect(positions.momentAt(6)).toBe(1_008_000)
    expect(positions.momentAt(0.5)).toBe(1_000_000)
  })

  it('forgets what a seek has made void', () => {
    const positions = new Positions()
    positions.push({ time: 1, at: 0, speed: 1 })
    positions.push({ time: 9, at: 90_000, speed: 1 })
    positions.push({ time: 5, at: 500_000, speed: 1 })
    expect(positions.momentAt(9)).toBe(504_000)
  })
})

describe('the bar', () => {
  it('stays inside the day', () => {
    expect(around(day.begin, HOUR, day)).toEqual({ begin: day.begin, end: day.begin + HOUR })
    expect(around(day.end, HOUR, day)).toEqual({ begin: day.end - HOUR, end: day.end })
    expect(around(day.begin + DAY / 2, DAY, day)).toEqual(day)
  })

  it('finds moments and their places', () => {
    expect(shareOf(momentOf(0.25, day), day)).toBeCloseTo(0.25)
    expect(momentOf(2, day)).toBe(day.end)
    expect(marked(5, 2)).toEqual({ begin: 2, end: 5 })
    expect(marked(5, 5)).toBeNull()
    const found = ticks({ begin: day.begin + 10 * 60_000, end: day.begin + 70 * 60_000 }, day)
    expect(found.length).toBeLessThanOrEqual(13)
    expect(found.every((at) => (at - day.begin) % 60_000 === 0)).toBe(true)
  })

  it('goes on at the next recording', () => {
    const spans = [{ from: '2026-11-22T02:00:00Z', to: '2026-11-22T03:00:00Z' }, { from: '2026-11-22T01:00:00Z', to: '2026-11-22T01:30:00Z' }]
    expect(nextRecorded(Date.parse('2026-11-22T01:10:00Z'), spans)).toBe(Date.parse('2026-11-22T01:10:00Z'))
    expect(nextRecorded(Date.parse('2026-11-22T01:40:00Z'), spans)).toBe(Date.parse('2026-11-22T02:00:00Z'))
    expect(nextRecorded(Date.parse('2026-11-22T05:00:00Z'), spans)).toBeNull()
  })
})

describe('hours', () => {
  it('are cells and periods, neighbours joined', () => {
    expect(periods(cells(ALWAYS))).toEqual(ALWAYS)
    expect(hoursOf(ALWAYS)).toBe(168)
    const none = cells([[], [], [], [], [], [], []])
    const office = painted(none, [4, 17], [0, 8], true)
    expect(periods(office)).toEqual([[[480, 1080]], [[480, 1080]], [[480, 1080]], [[480, 1080]], [[480, 1080]], [], []])
    expect(periods(painted(office, [0, 12], [0, 12], false))[0]).toEqual([[480, 720], [780, 1080]])
  })
})
