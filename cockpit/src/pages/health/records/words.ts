import { useCallback, useMemo } from 'react'
import { useFileFields, type FileField } from '@/api/records'
import { useBilingual, useText } from '@/text/language'
import { recordsText, type RecordsKey } from './text'
import { zh } from './text/zh'

/** Names of fields: those of the file from the platform, the others from this page's words. */
export function useFieldName(): (code: string) => string {
  const t = useText(recordsText)
  const pick = useBilingual()
  const fields = useFileFields()
  const known = useMemo(() => new Map((fields.data?.items ?? []).map((field) => [field.code, field])), [fields.data])
  return useCallback(
    (code) => {
      const field: FileField | undefined = known.get(code)
      if (field) return pick(field)
      const key = `field.${code}`
      return key in zh ? t(key as RecordsKey) : code
    },
    [known, pick, t],
  )
}
