import type { TryResult } from '@/api/scenes'
import { className } from '@/parts/names'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { tuneText } from './text'
import css from './tune.module.css'

type Box = readonly [number, number, number, number]

/** What a try sees in the picture: what the detector found, and what was reported. */
export function TryOverlay({ result, incident }: { result: Partial<TryResult>; incident: (code: string) => string }) {
  const t = useText(tuneText)
  const p = useText(partsText)
  const lasting = (result.sightings ?? []).filter((one) => one.phase !== 'ended')
  const rect = ([x0, y0, x1, y1]: Box) => ({ x: `${String(x0 * 100)}%`, y: `${String(y0 * 100)}%`, width: `${String((x1 - x0) * 100)}%`, height: `${String((y1 - y0) * 100)}%` })
  return (
    <svg className={`${css.overlay} picture-overlay`} role="img" aria-label={t('try.overlay')}>
      {(result.boxes ?? []).map(([x0, y0, x1, y1, kind, , track], index) => (
        <g key={track ?? `u${String(index)}`}>
          <rect className={css.box} {...rect([x0, y0, x1, y1])} />
          <text className={css.label} x={`${String(x0 * 100)}%`} y={`${String(Math.max(3, y0 * 100 - 0.8))}%`}>{className(p, kind)}{track === null ? '' : ` ${String(track)}`}</text>
        </g>
      ))}
      {lasting.flatMap((one) => one.boxes.map((box, index) => (
        <g key={`${one.incident} ${one.key} ${String(index)}`}>
          <rect className={css.sighted} {...rect(box)} />
          <text className={css.label} x={`${String(box[0] * 100)}%`} y={`${String(Math.min(98, box[3] * 100 + 3))}%`}>{incident(one.incident)}</text>
        </g>
      )))}
    </svg>
  )
}
