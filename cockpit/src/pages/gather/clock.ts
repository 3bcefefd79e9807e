/** Below this a device's clock counts as right: the answer itself takes about as long, seconds. */
export const CLOCK_SAME_SECONDS = 2
/** From here on recordings and events are filed at the wrong time often enough to matter, seconds. */
export const CLOCK_WARN_SECONDS = 10

export type ClockWord = 'clock.same' | 'clock.ahead' | 'clock.behind'

/** How a device's clock stands against ours; `difference` is device minus ours, seconds. */
export function clockWord(difference: number): { word: ClockWord; by: number; warn: boolean } {
  const by = Math.abs(difference)
  if (by < CLOCK_SAME_SECONDS) return { word: 'clock.same', by, warn: false }
  return { word: difference > 0 ? 'clock.ahead' : 'clock.behind', by, warn: by >= CLOCK_WARN_SECONDS }
}
