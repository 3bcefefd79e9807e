import { describe, expect, it } from 'vitest'
import { MOST_SCALE, panBy, partOf, WHOLE, zoomAt } from '@/parts/live/zoom'

describe('digital zoom', () => {
  it('keeps the point under the pointer where it is', () => {
    const at = [0.7, 0.2] as const
    const once = zoomAt(WHOLE, 2, ...at)
    // The point of the picture under the pointer, before and after.
    expect((at[0] - once.x) / once.scale).toBeCloseTo(0.7)
    const twice = zoomAt(once, 1.5, ...at)
    expect((at[0] - twice.x) / twice.scale).toBeCloseTo(0.7)
    expect((at[1] - twice.y) / twice.scale).toBeCloseTo(0.2)
  })

  it('never shows what lies beside the picture, and never grows without end', () => {
    let zoom = zoomAt(WHOLE, 4, 0, 0)
    for (const [dx, dy] of [[5, 5], [-9, 0.3], [0.1, -9]] as const) {
      zoom = panBy(zoom, dx, dy)
      const part = partOf(zoom, 1920, 1080)
      expect(part.x).toBeGreaterThanOrEqual(-1e-9)
      expect(part.y).toBeGreaterThanOrEqual(-1e-9)
      expect(part.x + part.width).toBeLessThanOrEqual(1920 + 1e-6)
      expect(part.y + part.height).toBeLessThanOrEqual(1080 + 1e-6)
    }
    for (let notch = 0; notch < 50; notch++) zoom = zoomAt(zoom, 1.2, 0.5, 0.5)
    expect(zoom.scale).toBe(MOST_SCALE)
  })

  it('comes back to the whole picture, and the whole picture cannot be moved', () => {
    expect(zoomAt(zoomAt(WHOLE, 3, 0.9, 0.9), 1 / 3, 0.1, 0.1)).toEqual(WHOLE)
    expect(panBy(WHOLE, 0.4, -0.4)).toEqual(WHOLE)
    expect(partOf(WHOLE, 640, 360)).toEqual({ x: -0, y: -0, width: 640, height: 360 })
  })
})
