import { useEffect, useRef, useState } from 'react'
import { useText } from '@/text/language'
import { addLine, addZone, inArrow, movePoint, pointsOf, removePoint, type Draft, type Point } from './draft'
import css from './ShapeCanvas.module.css'
import { cameraText } from './text'

export type Tool = 'edit' | 'line' | 'zone'

interface Props {
  draft: Draft
  tool: Tool
  chosen: string | null
  onDraft: (draft: Draft) => void
  onTool: (tool: Tool) => void
  onChoose: (id: string | null) => void
}

/** Arrow keys move a point by this share of the picture; ten times that with Shift. */
const NUDGE = 0.002
/** A click this close to the first point closes a zone, CSS pixels. */
const CLOSE_PX = 14

/** Lines and zones over the picture, drawn and moved by mouse, pen or keyboard. */
export function ShapeCanvas({ draft, tool, chosen, onDraft, onTool, onChoose }: Props) {
  const t = useText(cameraText)
  const svg = useRef<SVGSVGElement>(null)
  const [size, setSize] = useState({ width: 16, height: 9 })
  const [pending, setPending] = useState<Point[]>([])
  const [pointer, setPointer] = useState<Point | null>(null)

  useEffect(() => {
    if (!svg.current) return undefined
    const watch = new ResizeObserver(([entry]) => entry && setSize({ width: entry.contentRect.width || 16, height: entry.contentRect.height || 9 }))
    watch.observe(svg.current)
    return () => watch.disconnect()
  }, [])
  const [pendingFor, setPendingFor] = useState(tool)
  if (pendingFor !== tool) {
    // Another tool was taken up: points of the shape that was begun are dropped.
    setPendingFor(tool)
    setPending([])
  }

  const at = (event: React.PointerEvent | React.MouseEvent): Point => {
    const box = svg.current?.getBoundingClientRect()
    return box ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : [0, 0]
  }
  const px = ([x, y]: Point): Point => [x * size.width, y * size.height]
  const finish = (next: Draft) => {
    onDraft(next)
    setPending([])
    onTool('edit')
    onChoose([...next.lines, ...next.zones].find(({ id }) => pointsOf(draft, id).length === 0)?.id ?? null)
  }
  const closeZone = () => {
    if (pending.length >= 3) finish(addZone(draft, pending, t('analysis.zone', { n: draft.zones.length + 1 })))
  }
  const onClick = (event: React.MouseEvent) => {
    const point = at(event)
    const [first] = pending
    if (tool === 'edit') onChoose(null)
    else if (tool === 'line' && first) finish(addLine(draft, first, point, t('analysis.line', { n: draft.lines.length + 1 })))
    else if (tool === 'zone' && first && pending.length >= 3 && near(px(first), px(point))) closeZone()
    else setPending([...pending, point])
  }
  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape') {
      setPending([])
      onTool('edit')
    } else if (event.key === 'Enter' && tool === 'zone') closeZone()
  }

  const ghost = pointer && pending.length > 0 ? [...pending, pointer] : pending
  return (
    <svg
      ref={svg}
      className={`${css.canvas} picture-overlay`}
      data-tool={tool}
      role="group"
      tabIndex={0}
      aria-label={t('analysis.canvas')}
      onClick={onClick}
      onKeyDown={onKey}
      onPointerMove={(event) => tool !== 'edit' && setPointer(at(event))}
      onPointerLeave={() => setPointer(null)}
    >
      {draft.zones.map((zone) => (
        <polygon key={zone.id} className={css.zone} data-chosen={zone.id === chosen || undefined} points={zone.polygon.map((point) => px(point).join(',')).join(' ')} onClick={choose(zone.id)} />
      ))}
      {draft.lines.map((line) => {
        const arrow = inArrow(line, size.width / size.height)
        const [[ax, ay], [bx, by], [fx, fy], [tx, ty]] = [px(line.a), px(line.b), px(arrow.from), px(arrow.to)]
        return (
          <g key={line.id} className={css.line} data-chosen={line.id === chosen || undefined} onClick={choose(line.id)}>
            <line className={css.grip} x1={ax} y1={ay} x2={bx} y2={by} />
            <line x1={ax} y1={ay} x2={bx} y2={by} />
            <line className={css.arrow} x1={fx} y1={fy} x2={tx} y2={ty} />
            <circle className={css.tip} cx={tx} cy={ty} r="3.5" />
          </g>
        )
      })}
      {[...draft.lines, ...draft.zones].map((shape) => (
        <text key={shape.id} className={css.label} {...labelAt(px(pointsOf(draft, shape.id)[0] ?? [0, 0]))}>{shape.name}</text>
      ))}
      {tool === 'edit' && [...draft.lines, ...draft.zones].flatMap((shape) =>
        pointsOf(draft, shape.id).map((point, index) => (
          <Handle
            key={`${shape.id}-${index}`}
            position={px(point)}
            label={t('analysis.point', { name: shape.name, n: index + 1 })}
            active={shape.id === chosen}
            onFocus={() => onChoose(shape.id)}
            onDrag={(event) => onDraft(movePoint(draft, shape.id, index, at(event)))}
            onNudge={(dx, dy) => onDraft(movePoint(draft, shape.id, index, [point[0] + dx, point[1] + dy]))}
            onRemove={() => onDraft(removePoint(draft, shape.id, index))}
          />
        )),
      )}
      {ghost.length > 0 && <polyline className={css.ghost} points={ghost.map((point) => px(point).join(',')).join(' ')} />}
      {pending.map((point, index) => <circle key={index} className={css.pending} cx={px(point)[0]} cy={px(point)[1]} r="5" />)}
    </svg>
  )

  function choose(id: string) {
    return (event: React.MouseEvent) => {
      if (tool !== 'edit') return
      event.stopPropagation()
      onChoose(id)
    }
  }
}

const near = ([ax, ay]: Point, [bx, by]: Point) => Math.hypot(ax - bx, ay - by) <= CLOSE_PX
const labelAt = ([x, y]: Point) => ({ x: x + 8, y: Math.max(14, y - 8) })

interface HandleProps {
  position: Point
  label: string
  active: boolean
  onFocus: () => void
  onDrag: (event: React.PointerEvent) => void
  onNudge: (dx: number, dy: number) => void
  onRemove: () => void
}

const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

function Handle({ position: [x, y], label, active, onFocus, onDrag, onNudge, onRemove }: HandleProps) {
  const onKey = (event: React.KeyboardEvent) => {
    const arrow = ARROWS[event.key]
    const size = event.shiftKey ? NUDGE * 10 : NUDGE
    if (arrow) onNudge(arrow[0] * size, arrow[1] * size)
    else if (event.key === 'Delete' || event.key === 'Backspace') onRemove()
    else return
    event.preventDefault()
  }
  return (
    <circle
      className={css.handle}
      data-active={active || undefined}
      cx={x}
      cy={y}
      r="6"
      role="button"
      tabIndex={0}
      aria-label={label}
      onFocus={onFocus}
      onKeyDown={onKey}
      onClick={(event) => event.stopPropagation()}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && onDrag(event)}
    />
  )
}
