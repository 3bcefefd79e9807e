import { describe, expect, it } from 'vitest'
import { addLine, addZone, change, flip, freshId, inArrow, movePoint, pointsOf, remove, removePoint, sameDraft, type Draft } from '@/pages/camera/draft'
import { changes } from '@/pages/camera/EditCamera'
import type { Camera } from '@/api/types'

const empty: Draft = { enabled: false, model: null, fps: null, lines: [], zones: [] }

describe('editing an analysis', () => {
  it('keeps positions inside the picture', () => {
    const draft = addLine(empty, [-0.2, 0.123456], [1.7, 0.5], 'one')
    expect(draft.lines[0]).toMatchObject({ a: [0, 0.1235], b: [1, 0.5], name: 'one' })
    const id = draft.lines[0]?.id ?? ''
    expect(movePoint(draft, id, 1, [0.5, 2]).lines[0]?.b).toEqual([0.5, 1])
  })

  it('counts every class until told otherwise', () => {
    const line = addLine(empty, [0, 0], [1, 1], 'one').lines[0]
    expect(line?.classes.length).toBeGreaterThan(0)
  })

  it('never hands out an id a second time, and only ids the platform takes', () => {
    const ids = new Set(Array.from({ length: 200 }, () => freshId('line')))
    expect(ids.size).toBe(200)
    for (const id of ids) expect(id).toMatch(/^[a-z0-9][a-z0-9_-]{0,39}$/)
  })

  it('leaves a zone its three points', () => {
    let draft = addZone(empty, [[0, 0], [1, 0], [1, 1], [0, 1]], 'zone')
    const id = draft.zones[0]?.id ?? ''
    draft = removePoint(removePoint(draft, id, 0), id, 0)
    expect(pointsOf(draft, id)).toHaveLength(3)
  })

  it('turns a line round and changes what is named', () => {
    const draft = addLine(empty, [0, 0], [1, 0], 'one')
    const id = draft.lines[0]?.id ?? ''
    expect(flip(draft, id).lines[0]).toMatchObject({ a: [1, 0], b: [0, 0] })
    expect(change(draft, id, { name: 'two', classes: ['car'] }).lines[0]).toMatchObject({ name: 'two', classes: ['car'] })
    expect(remove(draft, id).lines).toEqual([])
    expect(sameDraft(draft, flip(flip(draft, id), id))).toBe(true)
  })

  it('points "in" to the right of the way from a to b, as the counter does', () => {
    const rightwards = inArrow({ a: [0, 0.5], b: [1, 0.5] }, 16 / 9)
    expect(rightwards.to[1]).toBeGreaterThan(0.5)
    const downwards = inArrow({ a: [0.5, 0], b: [0.5, 1] }, 16 / 9)
    expect(downwards.to[0]).toBeLessThan(0.5)
  })
})

describe('changes', () => {
  const camera = { name: '甲', region: { code: '4501', name: '南宁市' }, address: '', kind: 'dome', sector: null } as unknown as Camera

  it('sends only what was changed', () => {
    expect(changes(camera, { name: '甲', region: '4501', kind: 'dome' })).toEqual({})
    expect(changes(camera, { name: '乙 ', region: '4502', kind: 'dome', url: ' rtsp://h/x ' })).toEqual({ name: '乙', region: '4502', url: 'rtsp://h/x' })
  })
})
