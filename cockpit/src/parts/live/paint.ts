import type { Line } from '@/api/types'
import type { Tokens } from '@/app/theme/tokens'
import { isVehicle } from '../names'
import type { Box, LineCount } from './messages'

export interface Paint {
  width: number
  height: number
  /** Device pixels per CSS pixel. */
  ratio: number
  boxes: readonly Box[]
  lines: readonly Line[]
  counts: ReadonlyMap<string, LineCount>
  tokens: Tokens
  className: (name: string) => string
  inOut: (count: LineCount) => string
}

/** Smaller boxes go without their word: it would hide more than it tells. */
const LABEL_FROM_PX = 34
const HALO = 'rgba(4, 10, 16, 0.78)'

/** Draws boxes and counting lines over a picture of `width` x `height` CSS pixels. */
export function paint(context: CanvasRenderingContext2D, p: Paint): void {
  context.setTransform(p.ratio, 0, 0, p.ratio, 0, 0)
  context.clearRect(0, 0, p.width, p.height)
  context.font = `500 ${Math.max(11, Math.min(15, p.width / 60))}px ${getComputedStyle(document.body).fontFamily}`
  context.textBaseline = 'bottom'
  for (const box of p.boxes) paintBox(context, p, box)
  for (const line of p.lines) paintLine(context, p, line)
}

function paintBox(context: CanvasRenderingContext2D, p: Paint, [x0, y0, x1, y1, name]: Box): void {
  const colour = isVehicle(name) ? '#c3aaf7' : '#6cbcf7'
  const [x, y, w, h] = [x0 * p.width, y0 * p.height, (x1 - x0) * p.width, (y1 - y0) * p.height]
  context.lineWidth = 3
  context.strokeStyle = HALO
  context.strokeRect(x, y, w, h)
  context.lineWidth = 1.5
  context.strokeStyle = colour
  context.strokeRect(x, y, w, h)
  if (w >= LABEL_FROM_PX || h >= LABEL_FROM_PX) label(context, p.className(name), x, y, colour, p.width)
}

function paintLine(context: CanvasRenderingContext2D, p: Paint, line: Line): void {
  const [ax, ay] = [line.a[0] * p.width, line.a[1] * p.height]
  const [bx, by] = [line.b[0] * p.width, line.b[1] * p.height]
  context.lineCap = 'round'
  for (const [width, colour] of [[5, HALO], [2, '#ffd166']] as const) {
    context.lineWidth = width
    context.strokeStyle = colour
    context.beginPath()
    context.moveTo(ax, ay)
    context.lineTo(bx, by)
    context.stroke()
  }
  const count = p.counts.get(line.id)
  const text = count ? `${line.name}  ${p.inOut(count)}` : line.name
  label(context, text, (ax + bx) / 2, (ay + by) / 2 - 4, '#ffd166', p.width)
}

function label(context: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string, limit: number): void {
  const { width } = context.measureText(text)
  const height = Number.parseInt(context.font.split(' ')[1] ?? '12', 10) + 5
  const left = Math.max(0, Math.min(x, limit - width - 8))
  const bottom = Math.max(height, y)
  context.fillStyle = HALO
  context.fillRect(left, bottom - height, width + 8, height)
  context.fillStyle = colour
  context.fillText(text, left + 4, bottom - 2)
}
