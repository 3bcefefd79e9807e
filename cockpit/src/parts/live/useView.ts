import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call } from '@/api/client'
import type { View } from '@/api/types'
import type { ChosenPurpose } from './purpose'

export interface OpenView {
  view: View
  purpose: ChosenPurpose
}

/** Asks for a permit to see one camera and gives it back when the player goes away. */
export function useView(cameraId: string) {
  const [open, setOpen] = useState<OpenView | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const held = useRef<string | null>(null)

  const release = useCallback(() => {
    const permit = held.current
    held.current = null
    setOpen(null)
    // If this does not arrive the permit still runs out by itself.
    if (permit) call('DELETE', `/views/${permit}`).catch(() => undefined)
  }, [])

  const ask = useCallback(
    async (purpose: ChosenPurpose) => {
      setBusy(true)
      setProblem(null)
      try {
        const { data } = await call<View>('POST', '/views', {
          body: { camera_id: cameraId, purpose_code: purpose.code, purpose_text: purpose.text },
        })
        held.current = data.permit_id
        setOpen({ view: data, purpose })
        // It is on the register now: figures and tables about it are read again.
        void queries.invalidateQueries({ queryKey: ['retrievals'] })
      } catch (error) {
        setProblem(error)
      } finally {
        setBusy(false)
      }
    },
    [cameraId, queries],
  )

  useEffect(() => release, [cameraId, release])
  return { open, busy, problem, ask, release }
}
