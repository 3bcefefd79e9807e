import { describe, expect, it } from 'vitest'
import { asQuery, readFilters, writeFilters } from '@/pages/cases/filters'
import { commonRegion } from '@/pages/cases/regions'

const read = (text: string) => readFilters(new URLSearchParams(text))

describe('filters of the list', () => {
  it('show what somebody still has to do something about when nothing is said', () => {
    expect(asQuery(read(''))).toEqual({ live: true, kind: '', severity: '', region: '', q: '' })
  })

  it('survive the way through the address', () => {
    for (const text of ['', 'state=all', 'state=closed&severity=2&mine=1', 'kind=alarm&region=4501&q=%E6%B0%91%E6%97%8F&overdue=1']) {
      const filters = read(text)
      expect(readFilters(writeFilters(filters))).toEqual(filters)
    }
  })

  it('ask for all states without naming one', () => {
    expect(asQuery(read('state=all'))).not.toHaveProperty('state')
    expect(asQuery(read('state=all'))).not.toHaveProperty('live')
    expect(asQuery(read('state=handled'))).toMatchObject({ state: 'handled' })
  })
})

describe('the region cases have in common', () => {
  it.each([
    [['450103'], '450103'],
    [['450103', '450107'], '4501'],
    [['450103', '450203'], '45'],
    [['450103001', '450103002'], '450103'],
    [['450103', '450103001'], '450103'],
    [['450103', '46'], ''],
    [[], ''],
  ])('of %j is %j', (codes, expected) => {
    expect(commonRegion(codes)).toBe(expected)
  })
})
