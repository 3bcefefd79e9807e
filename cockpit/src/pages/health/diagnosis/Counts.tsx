import type { DiagnosisCounts } from '@/api/diagnosis'
import { HowKnown } from '@/parts/HowKnown'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './diagnosis.module.css'
import { diagnosisText } from './text'
import type { Told } from './useItems'

interface Props {
  counts: DiagnosisCounts
  items: ReadonlyMap<string, Told>
  chosen: string | undefined
  onChoose: (item: string | undefined) => void
}

/** How many cameras have which fault; each figure leads to its cameras and says how well it is known. */
export function Counts({ counts, items, chosen, onChoose }: Props) {
  const t = useText(diagnosisText)
  const f = useFormat()
  return (
    <ul className={css.counts}>
      {counts.items.map((one) => {
        const told = items.get(one.item)
        if (!told) return null
        const judged = one.faulty + one.well
        return (
          <li key={one.item} data-here={chosen === one.item || undefined} data-faulty={one.faulty > 0 || undefined}>
            <button type="button" aria-pressed={chosen === one.item} onClick={() => onChoose(chosen === one.item ? undefined : one.item)}>
              <span>{told.name}</span>
              <b data-unknown={judged === 0 || undefined} title={judged === 0 ? t('item.waiting') : undefined}>{judged === 0 ? f.number(null) : f.number(one.faulty)}</b>
            </button>
            <HowKnown name={told.name} basis={{ definition: told.known, numerator: one.faulty, denominator: judged, unknown: counts.cameras - judged, asOf: counts.as_of }} />
          </li>
        )
      })}
    </ul>
  )
}
