const FIRST_MS = 500
const MOST_MS = 20_000

/** Wait before the n-th try to connect again (n from 0), doubled each time and spread so that pages do not come back in step. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return Math.round(full * (0.75 + 0.5 * random()))
}
