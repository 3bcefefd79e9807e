import { describe, expect, it } from 'vitest'
import { askedOf, plainPlate, plateAllowed, type Wish } from '@/pages/scenes/search/asked'

const NOW = new Date('2026-05-13T04:00:00Z')
/** The province's character, the first of a plate. */
const GUI = String.fromCodePoint(0x6842)
const wish = (more: Partial<Wish>): Wish => ({ cameras: ['a'], what: 'any', hours: 24, code: 'incident', text: ' white car ', ...more })

describe('a search', () => {
  it('covers the hours before now and trims the reason', () => {
    const asked = askedOf(wish({}), NOW)
    expect(asked.from).toBe('2026-05-12T04:00:00.000Z')
    expect(asked.purpose_text).toBe('white car')
    expect(asked.kinds).toEqual([])
  })

  it('asks only what fits: no clothes of a car, no plate of a person', () => {
    const all = { colour: 'red', upper: 'blue', lower: 'black', plate: `${GUI}a.12345` }
    expect(askedOf(wish({ what: 'vehicle', kinds: ['bus'], ...all }), NOW)).toMatchObject({ kinds: ['bus'], colour: 'red', plate: `${GUI}A12345` })
    const person = askedOf(wish({ what: 'person', ...all }), NOW)
    expect(person).toMatchObject({ kinds: ['person'], upper: 'blue', lower: 'black' })
    expect(person).not.toHaveProperty('plate')
    expect(person).not.toHaveProperty('colour')
  })

  it('makes full-width plates plain', () => {
    const wide = Array.from('A12345', (one) => String.fromCodePoint(one.charCodeAt(0) + 0xfee0)).join('')
    expect(plainPlate(`${GUI} ${wide}`)).toBe(`${GUI}A12345`)
  })

  it.each([['A12345', true], ['A*45', true], ['A1?', false], ['A??45', false], ['A123456789', false]])(
    'may ask for a plate that ends in %s: %s', (plate, allowed) => expect(plateAllowed(GUI + plate)).toBe(allowed),
  )

  it('may not ask for any plate at all', () => expect(plateAllowed('*')).toBe(false))
})
