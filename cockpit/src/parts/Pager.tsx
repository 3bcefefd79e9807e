import { Button } from 'antd'
import { useState } from 'react'
import { useText } from '@/text/language'
import css from './Pager.module.css'
import { partsText } from './text'

/** Cursors of the pages a short list has been turned through; the last one is the page shown. */
export interface Trail {
  after: string | undefined
  cursors: readonly string[]
  forward: (next: string) => void
  back: () => void
  restart: () => void
}

export function useTrail(): Trail {
  const [cursors, setCursors] = useState<readonly string[]>([])
  return {
    after: cursors.at(-1),
    cursors,
    // The same cursor twice is a double click, not two pages.
    forward: (next) => setCursors((before) => (before.at(-1) === next ? before : [...before, next])),
    back: () => setCursors((before) => before.slice(0, -1)),
    restart: () => setCursors([]),
  }
}

/** Forward and back under a list read by keyset; nothing when there is one page only. */
export function Pager({ trail, next }: { trail: Trail; next: string | null | undefined }) {
  const p = useText(partsText)
  if (trail.cursors.length === 0 && !next) return null
  return (
    <p className={css.pager}>
      <Button size="small" disabled={trail.cursors.length === 0} onClick={trail.back}>{p('table.back')}</Button>
      <Button size="small" disabled={!next} onClick={() => next && trail.forward(next)}>{p('table.more')}</Button>
    </p>
  )
}
