import type { Osd, OsdReading, Reference } from '@/api/osd'

/** What a reading says of the clock: a clock is called wrong only beyond the error of reading it. */
export function clockOf(osd: Osd, reading: OsdReading): { state: 'right' | 'wrong' | 'unread' } {
  if (reading.difference === null) return { state: 'unread' }
  return { state: Math.abs(reading.difference) - (reading.error ?? 0) > osd.clock_bar ? 'wrong' : 'right' }
}

/** What it says of the label. A legible clock without any other text lacks its label. */
export function labelOf(osd: Osd, reading: OsdReading): 'right' | 'wrong' | 'missing' | 'unread' {
  if (reading.likeness !== null) return reading.likeness >= osd.label_bar ? 'right' : 'wrong'
  return reading.state === 'clock' ? 'missing' : 'unread'
}

/** Which way a view lies away, as what a person would do to turn it back. */
export function turned(shift: NonNullable<NonNullable<Reference['seen']>['shift']>): { right: number; down: number } {
  // What lies further right now was seen by a camera that turned left.
  return { right: -shift[0], down: -shift[1] }
}
