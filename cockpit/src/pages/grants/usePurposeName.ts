import { useCallback } from 'react'
import { usePurposes } from '@/api/queries'
import { useBilingual } from '@/text/language'

/** A purpose's name by its code; one that is not known is shown as it is. */
export function usePurposeName(): (code: string) => string {
  const pick = useBilingual()
  const items = usePurposes().data?.items
  return useCallback(
    (code: string) => {
      const found = items?.find((one) => one.code === code)
      return found ? pick(found) : code
    },
    [items, pick],
  )
}
