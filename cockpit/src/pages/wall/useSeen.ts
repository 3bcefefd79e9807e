import { useEffect, useState, type RefObject } from 'react'

/** A cell that is out of sight only for a moment keeps its picture: asking again is another line in the register. */
const GRACE_MS = 15_000

/** Whether anybody can see an element: it is on the screen, and the page is not behind another one. */
export function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(true)
  useEffect(() => {
    const node = element.current
    if (!node) return undefined
    let inside = true
    let timer: number | null = null
    const decide = () => {
      const now = inside && document.visibilityState === 'visible'
      if (timer !== null) window.clearTimeout(timer)
      timer = null
      if (now) setSeen(true)
      else timer = window.setTimeout(() => setSeen(false), GRACE_MS)
    }
    const observer = new IntersectionObserver(([entry]) => {
      if (entry) inside = entry.isIntersecting
      decide()
    })
    observer.observe(node)
    document.addEventListener('visibilitychange', decide)
    return () => {
      observer.disconnect()
      document.removeEventListener('visibilitychange', decide)
      if (timer !== null) window.clearTimeout(timer)
    }
  }, [element])
  return seen
}
