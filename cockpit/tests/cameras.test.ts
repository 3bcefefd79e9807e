import { describe, expect, it } from 'vitest'
import { COLUMNS, orderedColumns, readColumns, SHOWN_AT_FIRST } from '@/pages/cameras/columns'
import { readFilters, withFilter, writeFilters } from '@/pages/cameras/filters'
import { cursor, firstRow, START, step } from '@/pages/cameras/keyset'
import { ancestors } from '@/pages/cameras/regions'

describe('keyset paging', () => {
  it('goes forward by cursors and back the way it came', () => {
    const second = step(START, { do: 'next', cursor: 'a' })
    const third = step(second, { do: 'next', cursor: 'b' })
    expect([cursor(START), cursor(second), cursor(third)]).toEqual([undefined, 'a', 'b'])
    expect(firstRow(third)).toBe(2 * START.limit + 1)
    expect(step(third, { do: 'back' })).toEqual(second)
    expect(step(third, { do: 'first' })).toEqual(START)
  })

  it('takes a double click for one', () => {
    const second = step(START, { do: 'next', cursor: 'a' })
    expect(step(second, { do: 'next', cursor: 'a' })).toBe(second)
  })

  it('does not go before the first page', () => {
    expect(step(START, { do: 'back' })).toBe(START)
  })

  it('begins again with another page size and refuses sizes nobody offers', () => {
    const second = step(START, { do: 'next', cursor: 'a' })
    expect(step(second, { do: 'limit', limit: 200 })).toEqual({ trail: [], limit: 200 })
    expect(step(second, { do: 'limit', limit: 1_000_000 })).toBe(second)
  })

  it('keeps a bounded trail', () => {
    let state = START
    for (let n = 0; n < 5000; n++) state = step(state, { do: 'next', cursor: String(n) })
    expect(state.trail.length).toBeLessThanOrEqual(1000)
    expect(cursor(state)).toBe('4999')
  })
})

describe('filters in the address', () => {
  it('come back as they went', () => {
    const filters = { region: '4501', health: 'offline', q: '桥', has_source: true } as const
    const search = writeFilters(filters, new URLSearchParams('view=map'))
    expect(search.get('view')).toBe('map')
    expect(readFilters(search)).toEqual(filters)
  })

  it('leave out what is not understood', () => {
    expect(readFilters(new URLSearchParams('health=purple&has_source=maybe&q=%20'))).toEqual({})
  })

  it('are set and taken away one by one', () => {
    const one = withFilter({}, 'region', '4501')
    expect(withFilter(one, 'health', 'bad')).toEqual({ region: '4501', health: 'bad' })
    expect(withFilter(one, 'region', undefined)).toEqual({})
  })
})

describe('remembered columns', () => {
  it('drop what no longer exists and keep the order of the table', () => {
    expect(readColumns('["address","gone","health"]')).toEqual(['health', 'name', 'address'])
  })

  it('fall back when the memory is broken', () => {
    for (const text of [null, 'x', '{}', '7']) expect(readColumns(text)).toEqual(SHOWN_AT_FIRST)
  })

  it('never lose the way to the camera', () => {
    expect(orderedColumns([])).toEqual(['name'])
    expect(orderedColumns(COLUMNS)).toEqual(COLUMNS)
  })
})

describe('ancestors', () => {
  it('lists the regions above one', () => {
    expect(ancestors('450103001')).toEqual(['45', '4501', '450103'])
    expect(ancestors('45')).toEqual([])
  })
})
