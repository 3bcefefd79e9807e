import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { call } from '@/api/client'
import type { View } from '@/api/types'
import { askView } from '@/api/views'
import type { ChosenPurpose } from '@/parts/live/purpose'
import type { Window } from './span'

export interface Watched {
  purpose: ChosenPurpose
  views: ReadonlyMap<string, View>
}

/** Permits to look into the recordings of some cameras on one day; given back when the page goes on. */
export function useWatch(cameras: readonly string[], day: Window) {
  const [watched, setWatched] = useState<Watched | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const queries = useQueryClient()
  const held = useRef<string[]>([])
  const turn = useRef(0)
  const key = `${cameras.join()} ${day.begin}`

  const release = useCallback(() => {
    turn.current += 1
    for (const permit of held.current.splice(0)) giveBack(permit)
    setWatched(null)
    setBusy(false)
    setProblem(null)
  }, [])

  const ask = useCallback(
    async (purpose: ChosenPurpose) => {
      const mine = ++turn.current
      setBusy(true)
      setProblem(null)
      const views = new Map<string, View>()
      try {
        const footage = { from: new Date(day.begin).toISOString(), to: new Date(day.end).toISOString() }
        for (const camera of cameras) {
          const view = await askView({
            camera_id: camera, purpose_code: purpose.code, purpose_text: purpose.text, action: 'playback', footage, emergency: purpose.emergency === true,
          })
          views.set(camera, view)
        }
        if (turn.current !== mine) throw new Error('given up')
        for (const permit of held.current.splice(0)) giveBack(permit)
        held.current = [...views.values()].map((view) => view.permit_id)
        setWatched({ purpose, views })
        void queries.invalidateQueries({ queryKey: ['retrievals'] })
      } catch (error) {
        for (const view of views.values()) giveBack(view.permit_id)
        if (turn.current === mine) setProblem(error)
      } finally {
        if (turn.current === mine) setBusy(false)
      }
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` says what of them counts
    [key, queries],
  )
  useEffect(() => release, [key, release])
  return { watched, busy, problem, ask, release }
}

/** If this does not arrive the permit still runs out by itself. */
const giveBack = (permit: string): void => void call('DELETE', `/views/${permit}`).catch(() => undefined)
