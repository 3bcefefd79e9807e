import { useEffect, useState } from 'react'
import { useFormat } from '@/text/format'
import css from './LivePlayer.module.css'

/** Corners the mark visits, shares of the picture; it jumps, so that nothing moves without meaning. */
const SPOTS: readonly (readonly [number, number])[] = [[0.06, 0.12], [0.56, 0.78], [0.5, 0.16], [0.08, 0.7], [0.32, 0.44]]
const STAY_SECONDS = 8

/** Who looks, and when: on the picture as long as it is shown. */
export function Watermark({ viewer }: { viewer: string }) {
  const f = useFormat()
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000)
    return () => window.clearInterval(timer)
  }, [])
  const [left, top] = SPOTS[Math.floor(now / 1000 / STAY_SECONDS) % SPOTS.length] ?? [0.06, 0.12]
  return (
    <div className={`${css.marked} picture-overlay`}>
      <span className={css.watermark} style={{ left: `${left * 100}%`, top: `${top * 100}%` }}>
        {viewer}
        <br />
        {f.dateTime(now)}
      </span>
    </div>
  )
}
