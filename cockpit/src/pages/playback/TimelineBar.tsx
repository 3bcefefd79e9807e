import { useRef, useState, type PointerEvent } from 'react'
import type { Timeline } from '@/api/recordings'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './playback.module.css'
import { marked, momentOf, shareOf, ticks, type Window } from './span'
import { playbackText } from './text'

export interface Row {
  id: string
  name: string
  timeline: Timeline | undefined
  problem: string | null
}

interface Props {
  rows: readonly Row[]
  day: Window
  shown: Window
  moment: number | null
  mark: Window | null
  onSeek: (moment: number) => void
  onMark: (mark: Window | null) => void
}

const DRAG_PIXELS = 6

/** What is recorded of each camera, where it plays, and what is marked. Press to go there, drag to mark. */
export function TimelineBar({ rows, day, shown, moment, mark, onSeek, onMark }: Props) {
  const t = useText(playbackText)
  const f = useFormat()
  const bar = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ x: number; from: number; to: number } | null>(null)

  const at = (event: PointerEvent): number => {
    const box = bar.current?.getBoundingClientRect()
    return momentOf(box && box.width > 0 ? (event.clientX - box.left) / box.width : 0, shown)
  }
  const down = (event: PointerEvent) => {
    bar.current?.setPointerCapture(event.pointerId)
    setDrag({ x: event.clientX, from: at(event), to: at(event) })
  }
  const move = (event: PointerEvent) => setDrag((before) => before && { ...before, to: at(event) })
  const up = (event: PointerEvent) => {
    if (!drag) return
    if (Math.abs(event.clientX - drag.x) < DRAG_PIXELS) onSeek(drag.from)
    else onMark(marked(drag.from, at(event)))
    setDrag(null)
  }
  const drawn = drag && Math.abs(shareOf(drag.to, shown) - shareOf(drag.from, shown)) > 0.003 ? marked(drag.from, drag.to) : mark
  const part = (window: Window) => {
    const [low, high] = [Math.max(0, shareOf(window.begin, shown)), Math.min(1, shareOf(window.end, shown))]
    return { left: `${low * 100}%`, width: `${Math.max(0, high - low) * 100}%` }
  }
  const visible = (window: Window) => window.end > shown.begin && window.begin < shown.end

  return (
    <div className={css.timeline}>
      <div className={css.names}>
        {rows.map((row) => <span key={row.id} title={row.name}>{row.name}</span>)}
      </div>
      <div
        ref={bar} className={css.bars} role="slider" tabIndex={0} aria-label={t('bar.label')}
        aria-valuemin={day.begin} aria-valuemax={day.end} aria-valuenow={moment ?? shown.begin} aria-valuetext={moment === null ? '' : f.dateTime(moment)}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={() => setDrag(null)}
        onKeyDown={(event) => {
          const step = (event.shiftKey ? 60_000 : 10_000) * (event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0)
          if (step !== 0 && moment !== null) {
            event.preventDefault()
            onSeek(Math.min(Math.max(moment + step, day.begin), day.end - 1))
          }
        }}
      >
        {rows.map((row) => (
          <div key={row.id} className={css.row} data-unknown={row.timeline ? undefined : ''}>
            {row.problem && <em>{row.problem}</em>}
            {(row.timeline?.spans ?? []).map((span) => {
              const window = { begin: Date.parse(span.from), end: Date.parse(span.to) }
              return visible(window) && <i key={`${span.source}${span.from}`} className={css.span} data-source={span.source} data-kind={span.kinds.includes('event') ? 'event' : undefined} style={part(window)} title={t(`bar.${span.source}`, { from: f.time(span.from, true), to: f.time(span.to, true) })} />
            })}
          </div>
        ))}
        {drawn && visible(drawn) && <b className={css.mark} style={part(drawn)} />}
        {moment !== null && moment >= shown.begin && moment <= shown.end && <b className={css.head} style={{ left: `${shareOf(moment, shown) * 100}%` }} />}
        <div className={css.ticks} aria-hidden>
          {ticks(shown, day).map((tick) => <span key={tick} style={{ left: `${shareOf(tick, shown) * 100}%` }}>{tick === day.end ? '24:00' : f.time(tick)}</span>)}
        </div>
      </div>
    </div>
  )
}
