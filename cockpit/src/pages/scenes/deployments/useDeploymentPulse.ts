import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useLive } from '@/api/liveContext'

/** Reads deployments afresh at most this often, however much happens. */
const EVERY_MS = 2000

/** Keeps boards and lists of deployments in step with what happens while they are looked at. */
export function useDeploymentPulse(): void {
  const queries = useQueryClient()
  const timer = useRef<number | null>(null)
  useEffect(() => () => { if (timer.current !== null) window.clearTimeout(timer.current) }, [])
  const soon = useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = null
      void queries.invalidateQueries({ queryKey: ['deployments'] })
    }, EVERY_MS)
  }, [queries])
  useLive('deployments', soon)
}
