import { describe, expect, it } from 'vitest'
import { pieces } from '@/pages/imports/upload'
import { lengthOf, lineOf, metresBetween, polygonOf, sector, type Place } from '@/parts/map/shapes'

const nanning: Place = [108.366, 22.817]

describe('distances on the ground', () => {
  it('are right to a part in a hundred', () => {
    // A degree of latitude is 111.2 km on the sphere, one of longitude shrinks with its cosine.
    expect(metresBetween([108, 22], [108, 23]) / 111_195).toBeCloseTo(1, 2)
    expect(metresBetween([108, 60], [109, 60]) / 55_597).toBeCloseTo(1, 2)
    expect(metresBetween(nanning, nanning)).toBe(0)
  })

  it('add up along a line', () => {
    const line: Place[] = [[108, 22], [108, 23], [108, 22]]
    expect(lengthOf(line)).toBeCloseTo(2 * metresBetween([108, 22], [108, 23]), 3)
    expect(lengthOf([nanning])).toBe(0)
  })
})

describe('what is drawn', () => {
  it('is a closed ring from three places on, a line from two', () => {
    expect(polygonOf([[1, 1], [2, 2]])).toBeNull()
    expect(polygonOf([[1, 1], [2, 1], [2, 2]])?.coordinates).toEqual([[[1, 1], [2, 1], [2, 2], [1, 1]]])
    expect(lineOf([[1, 1]])).toBeNull()
    expect(lineOf([[1, 1], [2, 1]])?.coordinates).toEqual([[1, 1], [2, 1]])
  })
})

describe('a field of view', () => {
  it('begins at the camera and reaches as far as it sees, where it looks', () => {
    const [apex, ...arc] = sector(nanning, 90, 60, 100)
    expect(apex).toEqual(nanning)
    for (const corner of arc) expect(metresBetween(nanning, corner)).toBeCloseTo(100, 0)
    // Looking east, no corner lies to the west.
    for (const [lon] of arc) expect(lon).toBeGreaterThan(nanning[0])
  })

  it('is a whole circle without the camera in it when it looks all round', () => {
    const ring = sector(nanning, 0, 360, 50)
    expect(ring).not.toContainEqual(nanning)
    expect(new Set(ring.map(([lon, lat]) => `${lon} ${lat}`)).size).toBe(ring.length)
  })
})

describe('a file sent in pieces', () => {
  it('leaves out nothing and sends nothing twice', () => {
    expect(pieces(10, 4)).toEqual([[0, 4], [4, 8], [8, 10]])
    expect(pieces(8, 4)).toEqual([[0, 4], [4, 8]])
    expect(pieces(0, 4)).toEqual([])
  })
})
