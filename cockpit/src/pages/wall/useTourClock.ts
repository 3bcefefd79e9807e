import { useEffect, useState } from 'react'

/** Whole seconds that tours have run; stands still while `running` is off and begins afresh with `of`. */
export function useTourClock(running: boolean, of: unknown): number {
  const [seconds, setSeconds] = useState(0)
  const [begun, setBegun] = useState(of)
  if (begun !== of) {
    setBegun(of)
    setSeconds(0)
  }
  useEffect(() => {
    if (!running) return undefined
    const timer = window.setInterval(() => setSeconds((before) => before + 1), 1000)
    return () => window.clearInterval(timer)
  }, [running])
  return seconds
}
