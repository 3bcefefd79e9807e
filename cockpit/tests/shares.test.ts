import { describe, expect, it } from 'vitest'
import type { UpperPlatform } from '@/api/shares'
import { choiceOf, fieldsOf, isNothing, readPolygon } from '@/pages/shares/choice'
import { upperChanges } from '@/pages/shares/UpperForm'

const RING = [[[108, 22], [109, 22], [109, 23], [108, 22]]]
const SOURCE = '01a205ed-b6da-7a80-b02f-e953d19dbee7'

describe('a choice of cameras', () => {
  it('goes through the form and comes back the same', () => {
    for (const choice of [
      { everything: true, tags: ['sector:traffic'] },
      { regions: ['4501', '450203'] },
      { groups: [{ source: SOURCE, code: '45010000002150000001' }], cameras: [SOURCE] },
      { polygon: { type: 'Polygon' as const, coordinates: RING } },
    ]) expect(choiceOf(fieldsOf(choice))).toEqual(choice)
  })

  it('with everything in it is narrowed by tags alone', () => {
    expect(choiceOf({ everything: true, regions: ['4501'], tags: ['kind:dome'] })).toEqual({ everything: true, tags: ['kind:dome'] })
  })

  it('with nothing in it is nothing', () => {
    expect(isNothing(choiceOf(fieldsOf({})))).toBe(true)
    expect(isNothing(choiceOf({ polygon: 'not a polygon' }))).toBe(true)
  })

  it('takes a polygon as it is or inside a feature, and nothing else', () => {
    const polygon = { type: 'Polygon', coordinates: RING }
    expect(readPolygon(JSON.stringify(polygon))).toEqual(polygon)
    expect(readPolygon(JSON.stringify({ type: 'Feature', geometry: polygon }))).toEqual(polygon)
    for (const text of ['', '[]', '{', 'null', '{"type":"Point","coordinates":[1,2]}']) expect(readPolygon(text)).toBeNull()
  })
})

describe('what is sent about an upper platform', () => {
  const fields = {
    code: ' 45000000002000000001 ', name: '自治区平台', host: '10.45.0.1', port: 5060, transport: 'udp' as const, zone: 'local',
    version: '2.0' as const, charset: 'GB18030' as const, expires_seconds: 3600, keepalive_seconds: 60, streams_most: 16, kbits_most: 0,
    media_networks: [], mask: 'none' as const, enabled: true,
  }

  it('is everything for a new one', () => {
    expect(upperChanges(null, { ...fields, password: 'between-us' })).toMatchObject({
      code: '45000000002000000001', host: '10.45.0.1', password: 'between-us', enabled: true,
    })
  })

  it('is only what was changed for one on file, and no password unless one is typed', () => {
    const before = { ...fields, code: fields.code.trim(), organisation: '', domain: '4500000000', own_code: null, limits: {} } as unknown as UpperPlatform
    expect(upperChanges(before, fields)).toEqual({})
    expect(upperChanges(before, { ...fields, streams_most: 4, mask: 'faces', own_code: '45000000002000000009' })).toEqual({
      streams_most: 4, limits: { mask: 'faces' }, own_code: '45000000002000000009',
    })
    expect(upperChanges({ ...before, limits: { mask: 'faces', resolution: 480 } }, fields)).toEqual({ limits: { mask: null, resolution: 480 } })
  })
})
