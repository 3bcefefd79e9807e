import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'
import { NOTCH, panBy, WHOLE, zoomAt, type Zoom } from './zoom'

/** Digital zoom of a box by wheel, drag and two fingers. `enabled` is off while something is drawn on the picture. */
export function useZoom(box: RefObject<HTMLElement | null>, enabled: boolean) {
  const [zoom, setState] = useState<Zoom>(WHOLE)
  /** As it is at this moment, for whoever asks between two renderings. */
  const now = useRef<Zoom>(WHOLE)
  const setZoom = useCallback((change: (before: Zoom) => Zoom) => {
    now.current = change(now.current)
    setState(now.current)
  }, [])
  const reset = useCallback(() => setZoom(() => WHOLE), [setZoom])

  useEffect(() => {
    const element = box.current
    if (!element || !enabled) return undefined
    const share = (event: { clientX: number; clientY: number }): [number, number] => {
      const { left, top, width, height } = element.getBoundingClientRect()
      return [(event.clientX - left) / (width || 1), (event.clientY - top) / (height || 1)]
    }
    const onWheel = (event: WheelEvent) => {
      const factor = event.deltaY < 0 ? NOTCH : 1 / NOTCH
      // A whole picture cannot get smaller: the page may scroll on.
      if (factor < 1 && now.current.scale === 1) return
      event.preventDefault()
      setZoom((before) => zoomAt(before, factor, ...share(event)))
    }
    const fingers = new Map<number, [number, number]>()
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest('button, input, a'))) return
      fingers.set(event.pointerId, share(event))
      // A mouse that leaves the picture while it is held still holds it.
      if (now.current.scale > 1) element.setPointerCapture(event.pointerId)
    }
    const onMove = (event: PointerEvent) => {
      const before = fingers.get(event.pointerId)
      if (!before) return
      const here = share(event)
      fingers.set(event.pointerId, here)
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
      if (other) {
        const [was, is] = [distance(before, other), distance(here, other)]
        if (was > 0) setZoom((zoom) => zoomAt(zoom, is / was, (here[0] + other[0]) / 2, (here[1] + other[1]) / 2))
      } else setZoom((zoom) => panBy(zoom, here[0] - before[0], here[1] - before[1]))
    }
    const onUp = (event: PointerEvent) => fingers.delete(event.pointerId)
    element.addEventListener('wheel', onWheel, { passive: false })
    element.addEventListener('pointerdown', onDown)
    element.addEventListener('pointermove', onMove)
    element.addEventListener('pointerup', onUp)
    element.addEventListener('pointercancel', onUp)
    return () => {
      element.removeEventListener('wheel', onWheel)
      element.removeEventListener('pointerdown', onDown)
      element.removeEventListener('pointermove', onMove)
      element.removeEventListener('pointerup', onUp)
      element.removeEventListener('pointercancel', onUp)
    }
  }, [box, enabled, setZoom])

  return { zoom, now, reset }
}

const distance = ([ax, ay]: [number, number], [bx, by]: [number, number]): number => Math.hypot(ax - bx, ay - by)
