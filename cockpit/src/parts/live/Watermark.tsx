import { useEffect, useRef, useState, type RefObject } from 'react'
import { useFormat } from '@/text/format'
import css from './LivePlayer.module.css'
import { spotAt } from './drift'
import { MarkGuard, type MarkFault } from './markGuard'

interface Props {
  /** Name and unit of who looks. */
  viewer: string
  /** The box of the picture, and what the picture is drawn on: given, the mark is guarded. */
  screen?: RefObject<HTMLElement | null>
  pictures?: readonly RefObject<HTMLElement | null>[]
  /** The mark can no longer be read: the picture has to stop. */
  onFault?: (fault: MarkFault) => void
}

/** Who looks, and when: moves over the picture as long as it is shown. */
export function Watermark({ viewer, screen, pictures, onFault }: Props) {
  const f = useFormat()
  const mark = useRef<HTMLSpanElement>(null)
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000)
    return () => window.clearInterval(timer)
  }, [])
  useEffect(() => {
    if (!screen?.current || !mark.current || !onFault) return undefined
    const drawn = (pictures ?? []).flatMap((one) => one.current ?? [])
    const guard = new MarkGuard({ screen: screen.current, mark: mark.current, text: viewer, pictures: drawn }, onFault)
    return () => guard.stop()
  }, [screen, pictures, viewer, onFault])
  const { left, top } = spotAt(now / 1000)
  // Moved back by the same share of itself, it stays inside whatever its size.
  const place = { left: `${left * 100}%`, top: `${top * 100}%`, transform: `translate(${-left * 100}%, ${-top * 100}%)` }
  return (
    <div className={css.marked}>
      <span ref={mark} className={css.watermark} style={place}>
        {viewer}
        <br />
        {f.dateTime(now)}
      </span>
    </div>
  )
}
