import { describe, expect, it } from 'vitest'
import { EMPTY, readDraft, writeDraft } from '@/pages/firm/draft'
import { fitted, kindOf } from '@/pages/firm/shrink'
import { dayFromToday, hoursAfter } from '@/pages/maintenance/days'

function shelf(): Storage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    key: (place) => [...kept.keys()][place] ?? null,
    clear: () => kept.clear(),
    get length() {
      return kept.size
    },
  }
}

describe('a draft', () => {
  it('is there again after a reload, and gone once it was sent', () => {
    const store = shelf()
    writeDraft('a', { cause: 'power', words: '更换电源', parts: '' }, store)
    expect(readDraft('a', store)).toEqual({ cause: 'power', words: '更换电源', parts: '' })
    expect(readDraft('b', store)).toEqual(EMPTY)
    writeDraft('a', EMPTY, store)
    expect(store.length).toBe(0)
  })

  it('is nothing when what lies there is not ours', () => {
    const store = shelf()
    store.setItem('commonsight.order.a', '{"words": 7')
    expect(readDraft('a', store)).toEqual(EMPTY)
    store.setItem('commonsight.order.a', '{"words": 7, "cause": null}')
    expect(readDraft('a', store)).toEqual(EMPTY)
  })

  it('makes room for new ones and leaves what others keep alone', () => {
    const store = shelf()
    store.setItem('other', 'kept')
    for (let n = 0; n < 60; n += 1) writeDraft(`${n}`, { ...EMPTY, words: 'x' }, store, n)
    expect(store.length).toBe(41)
    expect(readDraft('59', store).words).toBe('x')
    expect(readDraft('0', store)).toEqual(EMPTY)
    expect(store.getItem('other')).toBe('kept')
  })

  it('never stops the page when nothing can be kept', () => {
    const full = shelf()
    full.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }
    expect(() => writeDraft('a', { ...EMPTY, words: 'x' }, full)).not.toThrow()
  })
})

describe('a photo', () => {
  const bytes = (text: string, ...first: number[]) => new Uint8Array([...first, ...Array.from(text, (letter) => letter.charCodeAt(0))])
  it.each([
    ['jpeg', bytes('xxxxxxxx', 0xff, 0xd8, 0xff, 0xe1)],
    ['png', bytes('\r\n\u001a\n', 0x89, 0x50, 0x4e, 0x47)],
    ['heic', bytes('ftypheic', 0, 0, 0, 24)],
    ['other', bytes('GIF89a.......')],
    ['other', new Uint8Array(0)],
  ])('is %s by its first bytes', (kind, head) => {
    expect(kindOf(head)).toBe(kind)
  })

  it('is made to fit and never grown', () => {
    expect(fitted(4000, 3000)).toEqual([1600, 1200])
    expect(fitted(3000, 4000)).toEqual([1200, 1600])
    expect(fitted(640, 480)).toEqual([640, 480])
    expect(fitted(100_000, 10)).toEqual([1600, 1])
  })
})

describe('days', () => {
  it('are the region’s', () => {
    expect(dayFromToday(0, new Date('2026-11-23T17:00:00Z'))).toBe('2026-11-24')
    expect(dayFromToday(-29, new Date('2026-11-23T04:00:00Z'))).toBe('2026-10-25')
    expect(hoursAfter(new Date('2026-11-23T04:00:00Z'), 4).toISOString()).toBe('2026-11-23T08:00:00.000Z')
  })
})
