import { useCallback } from 'react'
import { KINDS, PLACES, SECTORS } from '@/pages/cameras/vocabulary'
import { camerasText, type CamerasKey } from '@/pages/cameras/text'
import { useText } from '@/text/language'

/** Everything that narrows a choice of cameras, by the camera file's vocabulary. */
export const TAGS: readonly string[] = [
  ...SECTORS.map((word) => `sector:${word}`), ...KINDS.map((word) => `kind:${word}`), ...PLACES.map((word) => `place:${word}`),
]

/** The word for `sector:traffic` and its like. */
export function useTagWord(): (tag: string) => string {
  const t = useText(camerasText)
  return useCallback((tag: string) => (TAGS.includes(tag) ? t(tag.replace(':', '.') as CamerasKey) : tag), [t])
}
