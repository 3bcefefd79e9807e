import { describe, expect, it } from 'vitest'
import { distinct, type Parameter, type Scene } from '@/api/scenes'
import type { SceneSetup } from '@/api/types'
import { addSetup, lacking, redraw, removeSetup, setParameter, stepOf, type TuneDraft } from '@/pages/scenes/tune/draft'

const EMPTY: TuneDraft = { enabled: false, model: null, fps: null, lines: [], zones: [], scenes: [], ground: [] }
const SCENE = { code: 'queue', targets: ['zone'], targets_least: 1 } as unknown as Scene
const seconds: Parameter = { code: 'seconds', name: { zh: '秒', en: 's' }, unit: 's', default: 60, least: 10, most: 600, tuned: true }
const zone = (id: string) => ({ id, name: id, polygon: [[0, 0], [1, 0], [1, 1]] as [number, number][], classes: ['person'] })
const only = (draft: TuneDraft): SceneSetup => {
  const [one] = draft.scenes
  if (!one) throw new Error('no setup')
  return one
}

describe('what is drawn for a scene', () => {
  const draft = addSetup({ ...EMPTY, zones: [zone('old')] }, SCENE, 'Queue')
  const drawn = redraw(draft, { ...draft, zones: [zone('old'), zone('new')] }, only(draft).id)

  it('belongs to it, and what was there before does not', () => {
    expect(only(drawn).zones).toEqual(['new'])
    expect(only(redraw(draft, { ...draft, zones: [zone('old'), zone('new')] }, null)).zones).toEqual([])
  })

  it('is missed until there is enough of it', () => {
    expect([lacking(only(draft), SCENE), lacking(only(drawn), SCENE)]).toEqual([1, 0])
  })

  it('is let go of when the zone is removed', () => {
    expect(only(redraw(drawn, { ...drawn, zones: [] }, null)).zones).toEqual([])
  })

  it('no longer stands in for a setup that is gone', () => {
    const two = { ...drawn, scenes: [only(drawn), { ...only(drawn), id: 'lent', instead: only(drawn).id }] }
    expect(only(removeSetup(two, only(drawn).id)).instead).toBeNull()
  })
})

describe('a parameter', () => {
  it('that equals the default is left to the card, and none leaves its bounds', () => {
    expect(setParameter({ seconds: 90 }, seconds, 60)).toEqual({})
    expect(setParameter({}, seconds, 5000)).toEqual({ seconds: 600 })
  })

  it('moves in round steps', () => {
    expect(stepOf(seconds)).toBe(10)
    expect(stepOf({ ...seconds, least: 0, most: 1, default: 0.5 })).toBeCloseTo(0.01)
  })
})

describe('points of the ground', () => {
  it('are no ground while two of them lie at the same metres', () => {
    expect(distinct([{ picture: [0, 0], metres: [0, 0] }, { picture: [1, 0], metres: [0, 0] }])).toBe(false)
    expect(distinct([{ picture: [0, 0], metres: [0, 0] }, { picture: [1, 0], metres: [3, 0] }])).toBe(true)
  })
})
