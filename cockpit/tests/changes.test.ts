import { describe, expect, it } from 'vitest'
import { browserOf, changesOf } from '@/pages/system/changes'

describe('what an audit entry says', () => {
  it('shows before and after where something was changed', () => {
    expect(changesOf('access.person_changed', { roles: [['officer'], ['analyst', 'officer']], active: [true, false], organisation: ['', '公安局'] })).toEqual([
      { field: 'roles', before: 'officer', after: 'analyst, officer' },
      { field: 'active', before: 'true', after: 'false' },
      { field: 'organisation', before: '—', after: '公安局' },
    ])
  })

  it('takes a list of two for a list where something was made', () => {
    expect(changesOf('access.person_added', { roles: ['officer', 'analyst'] })).toEqual([{ field: 'roles', before: null, after: 'officer, analyst' }])
  })

  it('shows what it does not know as it is', () => {
    expect(changesOf('x.y', { limits: { mask: 'all' }, none: null })).toEqual([
      { field: 'limits', before: null, after: '{"mask":"all"}' },
      { field: 'none', before: null, after: '—' },
    ])
  })
})

describe('browsers by name', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0', 'Edge 126 · Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', 'Firefox 127 · Linux'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', 'Chrome 126 · Linux'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari 17 · iPhone'],
    ['curl/8.5.0', 'curl/8.5.0'],
    [null, '—'],
  ])('%s', (agent, name) => expect(browserOf(agent)).toBe(name))
})
