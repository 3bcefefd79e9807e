import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useLive } from '@/api/liveContext'

/** Reads what shows health afresh at most this often, however many cameras change. */
const EVERY_MS = 5000
const KEYS = ['cameras', 'camera-map', 'tree', 'summary', 'indicators', 'league']

/** Keeps lists, tree and map in step with the health that changes while they are looked at; draws nothing. */
export function HealthPulse() {
  const queries = useQueryClient()
  const timer = useRef<number | null>(null)
  useEffect(() => () => { if (timer.current !== null) window.clearTimeout(timer.current) }, [])
  useLive('cameras.health', useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = null
      for (const key of KEYS) void queries.invalidateQueries({ queryKey: [key] })
    }, EVERY_MS)
  }, [queries]))
  return null
}
