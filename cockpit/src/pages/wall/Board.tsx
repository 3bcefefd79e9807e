import { useCallback, useMemo, useState } from 'react'
import type { CameraItem } from '@/api/types'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { useText } from '@/text/language'
import css from './Board.module.css'
import { Cell, type CellActs } from './Cell'
import type { Dragged } from './drag'
import { alone, neighbour, tourOf, SECONDS, type Change, type Hung, type Shown } from './model'
import { wallText } from './text'

interface Props {
  hung: Hung
  shown: readonly (Shown | null)[]
  cameras: ReadonlyMap<string, CameraItem>
  purpose: ChosenPurpose | null
  chosen: number
  onChoose: (index: number) => void
  onChange: (change: Change) => void
  onSteer: (camera: string) => void
  onPause: () => void
}

/** The cells, and what the keyboard does in them. */
export function Board({ hung, shown, cameras, purpose, chosen, onChoose, onChange, onSteer, onPause }: Props) {
  const t = useText(wallText)
  const [enlarged, setBig] = useState<number | null>(null)
  const [heard, setHeard] = useState<number | null>(null)
  const [late, setLate] = useState<ReadonlySet<number>>(new Set())
  const size = hung.size
  const big = enlarged !== null && enlarged < size ? enlarged : null

  const acts: CellActs = useMemo(
    () => ({
      onChoose,
      onDrop: (index: number, what: Dragged) => {
        if (what.is === 'cell') onChange({ do: 'swap', one: what.index, other: index })
        else {
          const [only] = what.cameras
          const tour = what.cameras.length === 1 && only !== undefined ? alone(only) : tourOf(what.cameras, SECONDS.usual)
          onChange({ do: 'hang', at: index, tour })
        }
        onChoose(index)
      },
      onEmpty: (index: number) => onChange({ do: 'hang', at: index, tour: null }),
      onBig: (index: number) => setBig((before) => (before === index ? null : index)),
      onSteer: (index: number) => {
        const camera = shown[index]?.camera
        if (camera !== undefined) onSteer(camera)
      },
      // One at a time: two cameras at once are noise.
      onHear: (index: number, on: boolean) => setHeard(on ? index : null),
      onPace: (index: number, keepsUp: boolean) =>
        setLate((before) => {
          if (before.has(index) !== keepsUp) return before
          const next = new Set(before)
          if (keepsUp) next.delete(index)
          else next.add(index)
          return next
        }),
    }),
    [onChoose, onChange, onSteer, shown],
  )
  const behind = [...late].filter((index) => index < size && shown[index]).length

  const onKey = useCallback(
    (event: React.KeyboardEvent<HTMLDivElement>) => {
      // The pad, sliders and fields inside a cell have keys of their own.
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const cell = event.target instanceof HTMLElement ? event.target : null
      if (cell?.dataset.cell === undefined) return
      const press = (tool: string) => cell.querySelector<HTMLButtonElement>(`[data-tool="${tool}"]`)?.click()
      if (event.key.startsWith('Arrow')) {
        const next = neighbour(chosen, event.key, size)
        onChoose(next)
        event.currentTarget.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus()
      } else if (event.key === 'Enter') setBig((before) => (before === chosen ? null : chosen))
      else if (event.key === 'Escape' && big !== null) setBig(null)
      else if (event.key === 'Delete' || event.key === 'Backspace') acts.onEmpty(chosen)
      else if (event.key === ' ') onPause()
      else if (event.key in TOOLS) press(TOOLS[event.key] ?? '')
      else return
      event.preventDefault()
    },
    [acts, big, chosen, onChoose, onPause, size],
  )

  return (
    <div className={css.board}>
      {behind > 0 && <p className={css.late} role="status">{t('late', { n: behind })}</p>}
      <div className={css.grid} style={{ '--side': big === null ? Math.sqrt(size) : 1 } as React.CSSProperties} data-size={big === null ? size : 1} role="group" aria-label={t('board.label')} onKeyDown={onKey}>
        {shown.map((what, index) => (
          <div key={index} className={css.place} hidden={big !== null && big !== index}>
            <Cell
              index={index}
              shown={what}
              camera={what ? cameras.get(what.camera) : undefined}
              purpose={purpose}
              chosen={chosen === index}
              big={big === index}
              heard={heard === index}
              {...acts}
            />
          </div>
        ))}
      </div>
    </div>
  )
}

const TOOLS: Readonly<Record<string, string>> = { s: 'snapshot', r: 'replay', f: 'full', p: 'steer' }
