import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useLive } from '@/api/liveContext'

/** Reads cases afresh at most this often, however many change. */
const EVERY_MS = 1500

/** Keeps lists and pages of cases in step with what happens while they are looked at. */
export function useCasePulse(): void {
  const queries = useQueryClient()
  const timer = useRef<number | null>(null)
  useEffect(() => () => { if (timer.current !== null) window.clearTimeout(timer.current) }, [])
  useLive('cases', useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = null
      void queries.invalidateQueries({ queryKey: ['cases'] })
    }, EVERY_MS)
  }, [queries]))
}
