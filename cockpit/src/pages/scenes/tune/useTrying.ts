import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { askTry, stopTry, useTry } from '@/api/scenes'
import type { SceneSetup } from '@/api/types'
import { rememberedPurpose } from '@/parts/live/purpose'
import { useText } from '@/text/language'
import type { TuneDraft } from './draft'
import { tuneText } from './text'

/** Tries a setup as it stands in the draft; the reason is the one the picture was opened with. */
export function useTrying(camera: string, draft: TuneDraft) {
  const t = useText(tuneText)
  const queries = useQueryClient()
  const [id, setId] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const read = useTry(id)

  const start = async (setup: SceneSetup, seconds: number) => {
    const purpose = rememberedPurpose()
    if (!purpose) {
      setProblem(new Error(t('try.purpose')))
      return
    }
    setBusy(true)
    setProblem(null)
    try {
      const { zones, lines, ground, model } = draft
      const made = await askTry(camera, { setup, zones, lines, ground, model, seconds, purpose_code: purpose.code, purpose_text: purpose.text })
      setId(made.id)
      void queries.invalidateQueries({ queryKey: ['retrievals'] })
    } catch (error) {
      setId(null)
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  const stop = async () => {
    if (id === null) return
    await stopTry(id).catch(setProblem)
    await read.refetch()
  }
  return {
    running: id === null ? undefined : read.data,
    busy,
    problem: problem ?? read.error,
    lack: rememberedPurpose() === null ? t('try.purpose') : null,
    start,
    stop,
    clear: () => setId(null),
  }
}
