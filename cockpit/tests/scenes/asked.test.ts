import { describe, expect, it } from 'vitest'
import { askedOf, plainPlate, plateAllowed, type Wish } from './asked'

const NOW = new Date('2026-05-13T04:00:00Z')
const wish = (more: Partial<Wish>): Wish => ({ cameras: ['a'], what: 'any', hours: 24, code: 'incident', text: ' \u67E5\u627E\u8F66\u8F86 ', ...more })

describe('a search', () => {
  it('covers the hours before now and trims the reason', () => {
    const asked = askedOf(wish({}), NOW)
    expect(asked.from).toBe('2026-05-12T04:00:00.000Z')
    expect(asked.purpose_text).toBe('\u67E5\u627E\u8F66\u8F86')
    expect(asked.kinds).toEqual([])
  })

  it('asks only what fits: no clothes of a car, no plate of a person', () => {
    const all = { colour: 'red', upper: 'blue', lower: 'black', plate: '\u6842a\u00B712345' }
    expect(askedOf(wish({ what: 'vehicle', kinds: ['bus'], ...all }), NOW)).toMatchObject({ kinds: ['bus'], colour: 'red', plate: '\u6842A12345' })
    const person = askedOf(wish({ what: 'person', ...all }), NOW)
    expect(person).toMatchObject({ kinds: ['person'], upper: 'blue', lower: 'black' })
    expect(person).not.toHaveProperty('plate')
    expect(person).not.toHaveProperty('colour')
  })

  it('makes full-width plates plain', () => expect(plainPlate('\u6842\uFF21\u00B7\uFF11\uFF12 \uFF13\uFF14\uFF15')).toBe('\u6842A12345'))

  it.each([['\u6842A12345', true], ['\u6842A*45', true], ['\u6842A1?', false], ['\u6842A??45', false], ['*', false], ['\u6842A123456789', false]])(
    'may ask for %s: %s', (plate, allowed) => expect(plateAllowed(plate)).toBe(allowed),
  )
})
