import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { call, type Answer } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Analysis } from '@/api/types'
import { draftOf, sameDraft, type Draft } from './draft'

/** The analysis being edited: what was read, what was changed, and the save that never overwrites somebody else's. */
export function useDraft(cameraId: string, read: Answer<Analysis>) {
  const queries = useQueryClient()
  // Kept with the ETag it was read under: the state below it may be read afresh while somebody edits.
  const [base, setBase] = useState(read)
  const [draft, setDraft] = useState<Draft>(() => draftOf(read.data))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const changed = useMemo(() => !sameDraft(draft, draftOf(base.data)), [draft, base])

  const restart = useCallback((from: Answer<Analysis>) => {
    setBase(from)
    setDraft(draftOf(from.data))
    setProblem(null)
  }, [])
  // Nothing was changed here and something was changed elsewhere: follow it.
  if (!changed && read.etag !== base.etag) restart(read)

  const save = async (): Promise<boolean> => {
    setBusy(true)
    setProblem(null)
    try {
      const answer = await call<Analysis>('PUT', `/cameras/${cameraId}/analysis`, { body: draft, ifMatch: base.etag ?? undefined })
      queries.setQueryData(['analysis', cameraId], answer)
      restart(answer)
      void queries.invalidateQueries({ queryKey: ['cameras'] })
      void queries.invalidateQueries({ queryKey: ['camera', cameraId] })
      return true
    } catch (error) {
      setProblem(error)
      return false
    } finally {
      setBusy(false)
    }
  }
  const conflict = problem instanceof Problem && problem.status === 412
  const reread = async () => {
    await queries.invalidateQueries({ queryKey: ['analysis', cameraId] })
    const fresh = queries.getQueryData<Answer<Analysis>>(['analysis', cameraId])
    if (fresh) restart(fresh)
  }
  return { draft, setDraft, changed, busy, problem, conflict, save, reread, discard: () => restart(read) }
}

export type Editing = ReturnType<typeof useDraft>
