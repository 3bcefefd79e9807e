import type { Health } from '@/api/types'

const SIDE = 64

/** Where each state's shape lies in the atlas; `mask` lets a layer colour it. */
export const ICONS = Object.fromEntries(
  (['unknown', 'works', 'bad', 'offline'] as const).map((health, index) => [
    health,
    { x: index * SIDE, y: 0, width: SIDE, height: SIDE, mask: true },
  ]),
) as Record<Health, { x: number; y: number; width: number; height: number; mask: boolean }>

/** The four health shapes as one image: unknown ·, works ●, plays badly ◐, offline ○. */
export function iconAtlas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = SIDE * 4
  canvas.height = SIDE
  const context = canvas.getContext('2d')
  if (!context) return canvas
  context.fillStyle = context.strokeStyle = '#fff'
  const middle = SIDE / 2
  const circle = (index: number, radius: number, from = 0, to = Math.PI * 2) => {
    context.beginPath()
    context.arc(index * SIDE + middle, middle, radius, from, to)
  }
  circle(0, 11)
  context.fill()
  circle(1, 25)
  context.fill()
  circle(2, 21)
  context.lineWidth = 8
  context.stroke()
  circle(2, 21, -Math.PI / 2, Math.PI / 2)
  context.fill()
  circle(3, 20)
  context.lineWidth = 10
  context.stroke()
  return canvas
}
