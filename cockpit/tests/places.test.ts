// @vitest-environment node
import { describe, expect, it } from 'vitest'
// @ts-expect-error -- a build script without types
import { boundaries, decodeRing } from '../scripts/places.mjs'

const decode = decodeRing as (text: string, offset: [number, number]) => [number, number][]
/** What echarts' packer does: zigzag of the difference, offset by 64. */
const encode = (points: [number, number][], [x0, y0]: [number, number]) => {
  let [x, y] = [x0, y0]
  let text = ''
  for (const [nx, ny] of points) {
    for (const step of [nx - x, ny - y]) text += String.fromCharCode(((step << 1) ^ (step >> 31)) + 64)
    ;[x, y] = [nx, ny]
  }
  return text
}

describe('decodeRing', () => {
  const square: [number, number][] = [[0, 0], [0, 1024], [1024, 1024], [1024, 0]]

  it('gives degrees, closed, counter-clockwise', () => {
    const ring = decode(encode(square, [0, 0]), [0, 0])
    expect(ring).toHaveLength(5)
    expect(ring[0]).toEqual(ring.at(-1))
    const area = ring.slice(0, -1).reduce((sum, [x, y], index) => {
      const [nx, ny] = ring[index + 1] ?? [0, 0]
      return sum + x * ny - nx * y
    }, 0)
    expect(area).toBeGreaterThan(0)
  })
})

describe('boundaries', () => {
  it('refuses a city the division table does not have', () => {
    const map = { features: [{ properties: { name: '别处市', cp: [0, 0] }, geometry: { type: 'Polygon', coordinates: [] } }] }
    expect(() => (boundaries as (map: unknown, cities: unknown[]) => unknown)(map, [])).toThrow('别处市')
  })
})
