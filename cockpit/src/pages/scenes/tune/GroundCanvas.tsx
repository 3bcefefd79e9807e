import { useEffect, useRef, useState } from 'react'
import type { Ground } from '@/api/scenes'
import type { Point } from '@/pages/camera/draft'
import { useText } from '@/text/language'
import { addPoint, movePicture, type TuneDraft } from './draft'
import { tuneText } from './text'
import css from './tune.module.css'

interface Props {
  draft: TuneDraft
  way: Ground | undefined
  /** A click adds a point. */
  adding: boolean
  chosen: number | null
  onDraft: (draft: TuneDraft) => void
  onChoose: (index: number | null) => void
}

const NUDGE = 0.002
const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** The points of the ground over the picture, and the grid of metres they give. */
export function GroundCanvas({ draft, way, adding, chosen, onDraft, onChoose }: Props) {
  const t = useText(tuneText)
  const svg = useRef<SVGSVGElement>(null)
  const [size, setSize] = useState({ width: 16, height: 9 })
  useEffect(() => {
    if (!svg.current) return undefined
    const watch = new ResizeObserver(([entry]) => entry && setSize({ width: entry.contentRect.width || 16, height: entry.contentRect.height || 9 }))
    watch.observe(svg.current)
    return () => watch.disconnect()
  }, [])
  const at = (event: React.MouseEvent): Point => {
    const box = svg.current?.getBoundingClientRect()
    return box ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : [0, 0]
  }
  const px = ([x, y]: Point): Point => [x * size.width, y * size.height]
  return (
    <svg
      ref={svg} className={`${css.canvas} picture-overlay`} data-adding={adding || undefined} role="group" tabIndex={0} aria-label={t('ground.canvas')}
      onClick={(event) => {
        if (!adding) return
        onDraft(addPoint(draft, at(event)))
        onChoose(draft.ground.length)
      }}
    >
      {way?.lines.map(([from, to], index) => {
        if (!from || !to) return null
        const [[x1, y1], [x2, y2]] = [px(from), px(to)]
        return <line key={index} className={css.grid} x1={x1} y1={y1} x2={x2} y2={y2} />
      })}
      {draft.ground.map((point, index) => {
        const [x, y] = px(point.picture)
        return (
          <g key={index}>
            <text className={css.label} x={x + 9} y={y - 9}>{`${String(index + 1)} (${String(point.metres[0])}, ${String(point.metres[1])})`}</text>
            <circle
              className={css.point} data-active={index === chosen || undefined} cx={x} cy={y} r="7" role="button" tabIndex={0} aria-label={t('ground.point', { n: index + 1 })}
              onFocus={() => onChoose(index)}
              onClick={(event) => event.stopPropagation()}
              onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
              onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && onDraft(movePicture(draft, index, at(event)))}
              onKeyDown={(event) => {
                const arrow = ARROWS[event.key]
                const step = event.shiftKey ? NUDGE * 10 : NUDGE
                if (arrow) onDraft(movePicture(draft, index, [point.picture[0] + arrow[0] * step, point.picture[1] + arrow[1] * step]))
                else if (event.key === 'Delete' || event.key === 'Backspace') onDraft({ ...draft, ground: draft.ground.filter((_, place) => place !== index) })
                else return
                event.preventDefault()
              }}
            />
          </g>
        )
      })}
    </svg>
  )
}
