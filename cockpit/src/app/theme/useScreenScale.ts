import { useEffect, useState } from 'react'

const scaleOf = (width: number) => Math.min(2, Math.max(0.76, width / 1920))

/** Size of one pixel of a 1920-wide cockpit on this screen, like `--u` in base.css but as a number. */
export function useScreenScale(): number {
  const [scale, setScale] = useState(() => scaleOf(window.innerWidth))
  useEffect(() => {
    const onResize = () => setScale(scaleOf(window.innerWidth))
    window.addEventListener('resize', onResize)
    return () => window.removeEventListener('resize', onResize)
  }, [])
  return scale
}
