import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { LiveSocket, type LiveMessage, type Topic } from './live'

const LiveContext = createContext<LiveSocket | null>(null)

/** Queries that are read afresh when messages of a topic were missed. */
const READ_AFTER_GAP: Record<Topic, string[]> = {
  counts: ['counts-now'],
  deployments: ['deployments'],
  'cameras.health': ['cameras', 'camera-map', 'tree', 'summary', 'indicators', 'league'],
  cases: ['cases'],
  notices: ['notices'],
  system: ['system'],
}

export function LiveProvider({ children, onSignedOut }: { children: ReactNode; onSignedOut: () => void }) {
  const [socket] = useState(() => new LiveSocket({ onSignedOut }))
  const queries = useQueryClient()
  useEffect(() => {
    const stop = socket.onGap((topic) => {
      for (const key of READ_AFTER_GAP[topic]) void queries.invalidateQueries({ queryKey: [key] })
    })
    return () => {
      stop()
      socket.stop()
    }
  }, [socket, queries])
  return <LiveContext value={socket}>{children}</LiveContext>
}

/** Runs `listener` for each message of a topic while the component is mounted and `enabled`. */
export function useLive(topic: Topic, listener: (message: LiveMessage) => void, enabled = true): void {
  const socket = use(LiveContext)
  useEffect(() => {
    if (!socket || !enabled) return undefined
    return socket.subscribe(topic, listener)
  }, [socket, topic, listener, enabled])
}

export function useLiveState() {
  const socket = use(LiveContext)
  return useSyncExternalStore(
    (listener) => socket?.watchState(listener) ?? (() => undefined),
    () => socket?.state() ?? 'idle',
  )
}
