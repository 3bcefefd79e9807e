/** A part of a picture blown up: how much, and where its top left corner has gone, shares of the picture (0 or less). */
export interface Zoom {
  scale: number
  x: number
  y: number
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 }
/** Beyond this a pixel of a 1080-line camera is a tile: nothing more is seen, only less. */
export const MOST_SCALE = 8
/** One notch of a wheel. */
export const NOTCH = 1.2

const between = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

/** The picture always fills its box. */
function held({ scale, x, y }: Zoom): Zoom {
  if (scale <= 1.001) return WHOLE
  return { scale, x: between(x, 1 - scale, 0), y: between(y, 1 - scale, 0) }
}

/** Blown up by a factor around a point, which stays where it is. The point is in shares of the box, 0..1. */
export function zoomAt(zoom: Zoom, factor: number, px: number, py: number): Zoom {
  const scale = between(zoom.scale * factor, 1, MOST_SCALE)
  const ratio = scale / zoom.scale
  return held({ scale, x: px - (px - zoom.x) * ratio, y: py - (py - zoom.y) * ratio })
}

/** Moved by shares of the box. */
export function panBy(zoom: Zoom, dx: number, dy: number): Zoom {
  return held({ ...zoom, x: zoom.x + dx, y: zoom.y + dy })
}

/** The part that is shown, in pixels of a picture of this size. */
export function partOf({ scale, x, y }: Zoom, width: number, height: number): { x: number; y: number; width: number; height: number } {
  return { x: (-x / scale) * width, y: (-y / scale) * height, width: width / scale, height: height / scale }
}
