import { describe, expect, it } from 'vitest'
import type { CameraItem } from '@/api/types'
import { join, KEPT_MOST, readAlarms, stay, STAY_MS, type Alarm } from '@/pages/wall/alarms'
import { dropped, isOurs, takeCameras, takeCell } from '@/pages/wall/drag'
import { alone, asLayout, BARE, change, fromLayout, isBare, known, neighbour, SECONDS, shownAt, tourOf, tours, TOUR_MOST, type Change, type Hung } from '@/pages/wall/model'

const ids = (many: number, from = 0) => Array.from({ length: many }, (_unused, index) => `c${from + index}`)
const all = (...changes: Change[]): Hung => changes.reduce(change, BARE)
const cameras = (hung: Hung, seconds = 0) => shownAt(hung, seconds).map((cell) => cell?.camera ?? null)

describe('a wall', () => {
  it('is hung, swapped, emptied and cleared', () => {
    const hung = all({ do: 'hang', at: 0, tour: alone('a') }, { do: 'hang', at: 2, tour: alone('b') }, { do: 'swap', one: 2, other: 1 })
    expect(cameras(hung)).toEqual(['a', 'b', null, null])
    expect(cameras(change(hung, { do: 'swap', one: 0, other: 1 }))).toEqual(['b', 'a', null, null])
    expect(cameras(change(hung, { do: 'hang', at: 0, tour: null }))).toEqual([null, 'b', null, null])
    expect(isBare(change(hung, { do: 'clear' }))).toBe(true)
  })

  it('made smaller and larger again is as it was', () => {
    const hung = all({ do: 'size', size: 9 }, { do: 'fill', cameras: ids(9), from: 0 })
    const small = change(hung, { do: 'size', size: 1 })
    expect(cameras(small)).toEqual(['c0'])
    expect(asLayout(small).cells).toHaveLength(1)
    expect(cameras(change(small, { do: 'size', size: 9 }))).toEqual(ids(9))
  })

  it('fills empty cells from the chosen one on, hangs nothing twice, and never more than there are cells', () => {
    const hung = all({ do: 'hang', at: 1, tour: alone('c1') }, { do: 'fill', cameras: ids(9), from: 2 })
    expect(cameras(hung)).toEqual(['c3', 'c1', 'c0', 'c2'])
  })

  it('keeps its layout for the platform, and is the same when it comes back', () => {
    const hung = all({ do: 'size', size: 4 }, { do: 'hang', at: 3, tour: tourOf(ids(3), 10) }, { do: 'tour', tour: tourOf(ids(6), 20) })
    expect(asLayout(fromLayout(asLayout(hung)))).toEqual(asLayout(hung))
    expect(asLayout(hung).cells).toEqual([null, null, null, { cameras: ids(3), seconds: 10 }])
  })

  it('leaves out cameras that are not known any more', () => {
    const met = new Map([['c1', { id: 'c1' } as CameraItem]])
    const layout = asLayout(all({ do: 'hang', at: 0, tour: alone('c0') }, { do: 'hang', at: 1, tour: tourOf(ids(3), 10) }))
    expect(known(layout, met).cells).toEqual([null, { cameras: ['c1'], seconds: 10 }, null, null])
  })
})

describe('a tour', () => {
  it('shows each camera for its seconds, each cell at its own pace', () => {
    const hung = all({ do: 'hang', at: 0, tour: tourOf(ids(3), 10) }, { do: 'hang', at: 1, tour: tourOf(ids(2, 10), 5) }, { do: 'hang', at: 2, tour: alone('x') })
    expect(tours(hung)).toBe(true)
    expect([0, 5, 9, 10, 25, 30].map((second) => cameras(hung, second).slice(0, 3))).toEqual([
      ['c0', 'c10', 'x'], ['c0', 'c11', 'x'], ['c0', 'c11', 'x'], ['c1', 'c10', 'x'], ['c2', 'c11', 'x'], ['c0', 'c10', 'x'],
    ])
    expect(shownAt(hung, 10)[0]).toEqual({ camera: 'c1', place: 2, of: 3 })
  })

  it('of the whole wall turns page by page, and the last page may be short', () => {
    const hung = all({ do: 'hang', at: 0, tour: alone('x') }, { do: 'tour', tour: tourOf(ids(6), 20) })
    expect(cameras(hung, 19)).toEqual(['c0', 'c1', 'c2', 'c3'])
    expect(cameras(hung, 20)).toEqual(['c4', 'c5', null, null])
    expect(cameras(hung, 40)).toEqual(['c0', 'c1', 'c2', 'c3'])
    // Something hung by hand ends it, and what hung before is there again.
    expect(cameras(change(hung, { do: 'hang', at: 1, tour: alone('y') }))).toEqual(['x', 'y', null, null])
  })

  it('of as many cameras as cells stands still', () => {
    expect(tours(all({ do: 'tour', tour: tourOf(ids(4), 20) }))).toBe(false)
    expect(tours(BARE)).toBe(false)
  })

  it('takes each camera once, so many at most, and stays long enough for a picture to come', () => {
    expect(tourOf([], 10)).toBeNull()
    expect(tourOf(['a', 'b', 'a'], 1)).toEqual({ cameras: ['a', 'b'], seconds: SECONDS.least })
    expect(tourOf(ids(900), 1e9)).toEqual({ cameras: ids(TOUR_MOST), seconds: SECONDS.most })
  })
})

describe('the arrow keys', () => {
  it.each([[0, 'ArrowRight', 4, 1], [1, 'ArrowRight', 4, 1], [0, 'ArrowDown', 9, 3], [8, 'ArrowUp', 9, 5], [0, 'ArrowLeft', 16, 0], [5, 'x', 9, 5]] as const)(
    'from cell %d with %s of %d lead to %d',
    (at, key, size, to) => expect(neighbour(at, key, size)).toBe(to),
  )
})

class Data {
  effectAllowed = ''
  private readonly all = new Map<string, string>()
  get types() {
    return [...this.all.keys()]
  }
  setData(type: string, value: string) {
    this.all.set(type, value)
  }
  getData(type: string) {
    return this.all.get(type) ?? ''
  }
}
const data = (fill: (data: DataTransfer) => void = () => undefined): DataTransfer => {
  const made = new Data() as unknown as DataTransfer
  fill(made)
  return made
}

describe('what is dropped', () => {
  it('is cameras or a cell, and nothing else', () => {
    expect(dropped(data((d) => takeCameras(d, ['a', 'b'])))).toEqual({ is: 'cameras', cameras: ['a', 'b'] })
    expect(dropped(data((d) => takeCell(d, 3)))).toEqual({ is: 'cell', index: 3 })
    expect(isOurs(data((d) => takeCell(d, 3)))).toBe(true)
    for (const [type, value] of [['text/plain', 'x'], ['application/x-commonsight-cameras', '{'], ['application/x-commonsight-cameras', '[1]'], ['application/x-commonsight-cell', '77']] as const) {
      expect(dropped(data((d) => d.setData(type, value)))).toBeNull()
    }
    expect(isOurs(data((d) => d.setData('text/plain', 'x')))).toBe(false)
  })
})

describe('new cases', () => {
  const told = (number: number, more: object = {}) => ({
    type: 'opened', case: `k${number}`, number, camera: 'c1', severity: 3, title: '区域入侵', title_en: 'Intrusion', place: '古城路口', at: '2026-11-23T01:00:00Z', ...more,
  })
  const alarm = (number: number, severity = 3): Alarm => ({ id: `k${number}`, number, camera: 'c', severity, title: { zh: '', en: '' }, place: '', words: '', at: '' })

  it('are read when they are new and at a camera', () => {
    const found = readAlarms({ changes: [told(1), told(2, { type: 'stepped' }), told(3, { camera: null }), null, 5, told(4, { title_en: undefined })] })
    expect(found.map(({ number }) => number)).toEqual([1, 4])
    expect(found[1]?.title).toEqual({ zh: '区域入侵', en: '区域入侵' })
    for (const nothing of [null, 7, {}, { changes: 'x' }]) expect(readAlarms(nothing)).toEqual([])
  })

  it('wait each once, the gravest first, and only so many so long', () => {
    let waiting = join([], [alarm(1), alarm(2, 1)], 0)
    waiting = join(waiting, [alarm(1), alarm(3)], 1000)
    expect(waiting.map(({ alarm: { number } }) => number)).toEqual([2, 3, 1])
    expect(join(waiting, Array.from({ length: 400 }, (_unused, index) => alarm(10 + index)), 2000)).toHaveLength(KEPT_MOST)
    expect(stay(waiting, 1000)).toBe(waiting)
    expect(stay(waiting, STAY_MS + 500).map(({ alarm: { number } }) => number)).toEqual([3])
  })
})
