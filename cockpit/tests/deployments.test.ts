import { describe, expect, it } from 'vitest'
import type { DemandBody } from '@/api/demands'
import { empty as emptyNeed, percentOf, ready as fileable, shareOf, shownState } from '@/pages/scenes/demands/draft'
import { empty, nextShift, ready, withSetting } from '@/pages/scenes/deployments/draft'

const NOW = new Date('2026-09-30T02:34:00Z')
const WEI = '00000000-0000-0000-0000-000000000001'

describe('a deployment being written', () => {
  it('begins tomorrow at a full hour and lasts a day', () => {
    const draft = empty(NOW)
    expect([draft.starts_at, draft.ends_at]).toEqual(['2026-10-01T02:00:00.000Z', '2026-10-02T02:00:00.000Z'])
    expect(ready(draft)).toBe(false)
    expect(ready({ ...draft, name: 'x', scenes: [{ scene: 'gathering', settings: {}, whole: false }] })).toBe(true)
  })

  it('lets a shift begin where the last one ends, and none reach beyond the period', () => {
    const draft = empty(NOW)
    const first = nextShift(draft)
    expect([first.from, first.to]).toEqual([draft.starts_at, '2026-10-01T10:00:00.000Z'])
    const long = { person: WEI, from: draft.starts_at, to: '2026-10-01T22:00:00.000Z', role: '' }
    expect(nextShift({ ...draft, shifts: [long] })).toMatchObject({ from: long.to, to: draft.ends_at })
    expect(ready({ ...draft, name: 'x', scenes: [{ scene: 'gathering', settings: {}, whole: false }], shifts: [first] })).toBe(false)
  })

  it('sets one threshold and leaves the others', () => {
    const one = { scene: 'gathering', settings: { people: 20, seconds: 60 }, whole: false }
    expect(withSetting(one, 'people', 30).settings).toEqual({ people: 30, seconds: 60 })
    expect(withSetting(one, 'people', undefined).settings).toEqual({ seconds: 60 })
  })
})

describe('a need being written', () => {
  const whole: DemandBody = { ...emptyNeed('people_flow', NOW), title: 'x', region: '450103', reason: 'y' }

  it('needs a place: points, or cameras chosen', () => {
    expect(fileable(whole, false)).toBe(false)
    expect(fileable(whole, true)).toBe(true)
    expect(fileable({ ...whole, points: [{ name: 'East', at: [108.3, 22.8] }] }, false)).toBe(true)
    expect(fileable({ ...whole, ends_at: whole.starts_at }, true)).toBe(false)
    expect(fileable({ ...whole, ends_at: null }, true)).toBe(true)
  })

  it('takes percent and gives a share', () => {
    expect([shareOf(10), shareOf(null), percentOf(0.125), percentOf(null)]).toEqual([0.1, null, 12.5, null])
  })

  it('waits to be reviewed when its time is over', () => {
    expect(shownState({ state: 'running', stopped_at: null })).toBe('running')
    expect(shownState({ state: 'running', stopped_at: '2026-10-02T02:00:00Z' })).toBe('stopped')
    expect(shownState({ state: 'reviewed', stopped_at: '2026-10-02T02:00:00Z' })).toBe('reviewed')
  })
})
