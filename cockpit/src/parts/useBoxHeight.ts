import { useEffect, useRef, useState, type RefObject } from 'react'

/** Height of an element in CSS pixels, kept up to date; for tables that fill the room they are given. */
export function useBoxHeight<E extends HTMLElement>(): [RefObject<E | null>, number] {
  const box = useRef<E>(null)
  const [height, setHeight] = useState(0)
  useEffect(() => {
    if (!box.current) return undefined
    const watch = new ResizeObserver(([entry]) => entry && setHeight(Math.floor(entry.contentRect.height)))
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [])
  return [box, height]
}
