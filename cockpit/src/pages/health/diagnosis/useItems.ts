import { useMemo } from 'react'
import { useDiagnosisItems, type DiagnosisItem } from '@/api/diagnosis'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import { diagnosisText } from './text'
import { worded } from './words'

export interface Told {
  item: DiagnosisItem
  name: string
  next: string
  definition: string
  /** Definition, and how well it was measured to find: what stands behind a figure. */
  known: string
  score: (value: number | null | undefined) => string
}

/** The items as this person reads them. */
export function useItems() {
  const t = useText(diagnosisText)
  const f = useFormat()
  const { language } = useLanguage()
  const read = useDiagnosisItems()
  const items = useMemo(
    () =>
      new Map(
        (read.data?.items ?? []).map((item): [string, Told] => {
          const words = item[language]
          const found = item.detection
          const measured = found
            ? t('item.known', {
                found: f.percent(found.found.share),
                low: f.percent(found.found.low),
                high: f.percent(found.found.high),
                n: f.number(found.found.n),
                false: f.percent(found.false.share),
                area: f.number(found.area, 3),
              })
            : t('item.unknown')
          return [item.code, { item, ...words, known: `${words.definition} ${measured}`, score: (value) => worded(f, item.unit, value) }]
        }),
      ),
    [read.data, language, t, f],
  )
  return { items, read }
}
