import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { call, type Answer } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Analysis } from '@/api/types'
import { sameTune, tuneOf, type TuneDraft } from './draft'

/** The document being edited; the save never overwrites somebody else's, and can be undone. */
export function useTune(cameraId: string, read: Answer<Analysis>) {
  const queries = useQueryClient()
  const [base, setBase] = useState(read)
  const [draft, setDraft] = useState<TuneDraft>(() => tuneOf(read.data))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  // What stood there before the last save, and whether that save was itself an undo.
  const [before, setBefore] = useState<TuneDraft | null>(null)
  const changed = useMemo(() => !sameTune(draft, tuneOf(base.data)), [draft, base])

  const restart = (from: Answer<Analysis>) => {
    setBase(from)
    setDraft(tuneOf(from.data))
    setProblem(null)
  }
  // Nothing was changed here and something was changed elsewhere: follow it.
  if (!changed && read.etag !== base.etag && read.data !== base.data) {
    setBase(read)
    setDraft(tuneOf(read.data))
  }

  const write = async (body: TuneDraft): Promise<boolean> => {
    setBusy(true)
    setProblem(null)
    try {
      const answer = await call<Analysis>('PUT', `/cameras/${cameraId}/analysis`, { body, ifMatch: base.etag ?? undefined })
      queries.setQueryData(['analysis', cameraId], answer)
      restart(answer)
      for (const key of ['cameras', 'camera', 'scenes', 'scene-uses']) void queries.invalidateQueries({ queryKey: [key] })
      return true
    } catch (error) {
      setProblem(error)
      return false
    } finally {
      setBusy(false)
    }
  }
  const save = async () => {
    const stood = tuneOf(base.data)
    const written = await write(draft)
    if (written) setBefore(stood)
    return written
  }
  const undo = async () => {
    const written = before !== null && (await write(before))
    if (written) setBefore(null)
    return written
  }
  const reread = async () => {
    await queries.invalidateQueries({ queryKey: ['analysis', cameraId] })
    const fresh = queries.getQueryData<Answer<Analysis>>(['analysis', cameraId])
    if (fresh) restart(fresh)
  }
  const conflict = problem instanceof Problem && problem.status === 412
  return { draft, setDraft, changed, busy, problem, conflict, save, undo, undoable: before !== null && !changed, reread, discard: () => restart(base) }
}

export type Tuning = ReturnType<typeof useTune>
