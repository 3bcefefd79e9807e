import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import type { Camera, CameraItem } from '@/api/types'
import { get } from '@/api/client'
import { keepDesk, readDesk, type Wall } from '@/api/walls'
import { useSettled } from '@/parts/useSettled'
import { asLayout, BARE, change, type Change } from './model'
import type { Named } from './SavedWalls'

const REST_MS = 1500

/** One's wall: as it was left, kept again a moment after each change. `camera`: ids to hang at once, from the address. */
export function useDesk(camera: string | null) {
  const [hung, dispatch] = useReducer(change, BARE)
  const [cameras, setCameras] = useState<ReadonlyMap<string, CameraItem>>(new Map())
  const [named, setNamed] = useState<Named | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const [ready, setReady] = useState(false)
  const kept = useRef<string | null>(null)

  const meet = useCallback((items: readonly CameraItem[]) => {
    setCameras((before) => {
      const next = new Map(before)
      for (const item of items) next.set(item.id, item)
      return next
    })
  }, [])

  useEffect(() => {
    let gone = false
    const read = async () => {
      const desk = await readDesk()
      const asked = camera ? await Promise.all(camera.split(',').slice(0, 16).map((id) => get<Camera>(`/cameras/${encodeURIComponent(id)}`))) : []
      if (gone) return
      meet([...desk.cameras, ...asked])
      dispatch({ do: 'load', layout: desk.layout })
      if (asked.length > 0) dispatch({ do: 'fill', cameras: asked.map(({ id }) => id), from: 0 })
      if (desk.wall_id !== null && desk.wall_name !== null) setNamed({ id: desk.wall_id, name: desk.wall_name })
      setReady(true)
    }
    read().catch((error: unknown) => {
      if (!gone) setProblem(error)
    })
    return () => {
      gone = true
    }
  }, [camera, meet])

  const settled = useSettled(hung, REST_MS)
  const wall = named?.id ?? null
  useEffect(() => {
    if (!ready) return
    const layout = asLayout(settled)
    const now = JSON.stringify([layout, wall])
    const first = kept.current === null
    if (kept.current === now) return
    kept.current = now
    if (!first) keepDesk(layout, wall).then(() => setProblem(null), setProblem)
  }, [ready, settled, wall])

  const act = useCallback((what: Change) => dispatch(what), [])
  const open = useCallback(
    (found: Wall) => {
      meet(found.cameras)
      dispatch({ do: 'load', layout: found.layout })
      setNamed({ id: found.id, name: found.name })
    },
    [meet],
  )
  return { hung, cameras, named, problem, ready, act, meet, open, setNamed }
}
