import { describe, expect, it } from 'vitest'
import { changed } from '@/pages/camera/file/EditFile'
import { needed } from '@/pages/camera/file/FilePanel'
import { findingsOf, readView, scopeOf, share, writeView } from '@/pages/health/records/view'
import type { FileField } from '@/api/records'

describe('the address of the records page', () => {
  it('says what is shown, and nothing that goes without saying', () => {
    const view = readView(new URLSearchParams('part=findings&region=4501&rule=point_swapped&severity=error'), '45')
    expect(view).toMatchObject({ part: 'findings', region: '4501', rule: 'point_swapped', severity: 'error', unit: '' })
    expect(writeView(view, '45').toString()).toBe('part=findings&region=4501&rule=point_swapped&severity=error')
    expect(writeView({ ...view, part: 'overview', region: '45', rule: '', severity: '' }, '45').toString()).toBe('')
  })
  it('opens the overview for a part that is none', () => {
    expect(readView(new URLSearchParams('part=nonsense'), '45')).toMatchObject({ part: 'overview', region: '45' })
  })
  it('narrows findings by more than the scope of figures', () => {
    const view = readView(new URLSearchParams('unit=A&field=name'), '45')
    expect(scopeOf(view)).not.toHaveProperty('field')
    expect(findingsOf(view)).toMatchObject({ region: '45', unit: 'A', field: 'name' })
  })
})

it('knows no share of nothing', () => {
  expect(share(0, 0)).toBeNull()
  expect(share(1, 4)).toBe(0.25)
})

describe('editing a file', () => {
  it('sends only what was changed, and takes away what was emptied', () => {
    expect(changed({ pole: 'P1', power: '市电' }, { pole: ' P1 ', power: '', switch: 'S1', model: undefined })).toEqual({ power: null, switch: 'S1' })
  })
  it('asks for what the class of the point asks for', () => {
    const field = (mandatory: string[]) => ({ mandatory }) as FileField
    expect(needed(field(['all']), undefined)).toBe(true)
    expect(needed(field(['1', '2']), '2')).toBe(true)
    expect(needed(field(['1']), undefined)).toBe(false)
  })
})
