import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'

export interface Act {
  busy: boolean
  problem: unknown
  /** Runs one change; afterwards what is listed in `reads` is read afresh. Resolves to true when it went through. */
  run: (work: () => Promise<unknown>, reads?: readonly string[]) => Promise<boolean>
  forget: () => void
}

/** One change a person makes: busy while it runs, and the refusal kept to be shown. */
export function useAct(): Act {
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const run = useCallback(
    async (work: () => Promise<unknown>, reads: readonly string[] = []) => {
      setBusy(true)
      setProblem(null)
      try {
        await work()
        for (const key of reads) void queries.invalidateQueries({ queryKey: [key] })
        return true
      } catch (error) {
        setProblem(error)
        return false
      } finally {
        setBusy(false)
      }
    },
    [queries],
  )
  const forget = useCallback(() => setProblem(null), [])
  return { busy, problem, run, forget }
}
