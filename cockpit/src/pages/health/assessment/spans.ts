import type { BridgeStep } from '@/api/feedbacks'

export interface Span {
  from: number
  to: number
  way: 'up' | 'down' | 'whole'
}

/** Room left beside the least and the greatest rate, as a share of what lies between them. */
const ROOM = 0.15

/** Where each step of the bridge is drawn, 0..1 of the width: the first and last as whole bars, those between from rate to rate. */
export function spans(steps: readonly BridgeStep[]): (Span | null)[] {
  const rates = steps.flatMap((step) => (step.rate === null ? [] : [step.rate]))
  if (rates.length === 0) return steps.map(() => null)
  const [least, most] = [Math.min(...rates), Math.max(...rates)]
  const room = Math.max((most - least) * ROOM, 0.002)
  const low = Math.max(0, least - room)
  const at = (rate: number) => (rate - low) / (most + room - low)
  let before: number | null = null
  return steps.map((step, place) => {
    const now = step.rate
    const last = before
    if (now !== null) before = now
    if (now === null) return null
    if (place === 0 || place === steps.length - 1 || last === null) return { from: 0, to: at(now), way: 'whole' }
    return { from: at(Math.min(now, last)), to: at(Math.max(now, last)), way: now >= last ? 'up' : 'down' }
  })
}
