import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call } from '@/api/client'
import type { View } from '@/api/types'
import { askView } from '@/api/views'
import type { ChosenPurpose } from './purpose'

export interface OpenView {
  view: View
  purpose: ChosenPurpose
}

/** Asks for a permit to see one camera and gives it back when the player goes away. `player`: it is looked at outside the browser. */
export function useView(cameraId: string, player = false) {
  const [open, setOpen] = useState<OpenView | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const held = useRef<string | null>(null)
  /** Counts what was given up: an answer to an older question is not shown any more. */
  const turn = useRef(0)

  const release = useCallback(() => {
    turn.current += 1
    const permit = held.current
    held.current = null
    setOpen(null)
    setBusy(false)
    if (permit) giveBack(permit)
  }, [])

  const ask = useCallback(
    async (purpose: ChosenPurpose) => {
      const mine = ++turn.current
      setBusy(true)
      setProblem(null)
      try {
        const data = await askView({ camera_id: cameraId, purpose_code: purpose.code, purpose_text: purpose.text, emergency: purpose.emergency === true, player })
        if (turn.current !== mine) {
          // The player has gone on meanwhile: nobody looks under this permit.
          giveBack(data.permit_id)
          return
        }
        if (held.current) giveBack(held.current)
        held.current = data.permit_id
        setOpen({ view: data, purpose })
        // It is on the register now: figures and tables about it are read again.
        void queries.invalidateQueries({ queryKey: ['retrievals'] })
      } catch (error) {
        if (turn.current === mine) setProblem(error)
      } finally {
        if (turn.current === mine) setBusy(false)
      }
    },
    [cameraId, player, queries],
  )

  useEffect(() => release, [cameraId, release])
  return { open, busy, problem, ask, release }
}

/** If this does not arrive the permit still runs out by itself. */
const giveBack = (permit: string): void => void call('DELETE', `/views/${permit}`).catch(() => undefined)
