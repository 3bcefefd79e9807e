import type { Language } from '@/text/core'
import { kindsText, type KindsKey } from './text'

const known = (key: string): key is KindsKey => key in kindsText.zh

/** Word for a unit of a card; one the catalogue does not know is shown as it is. */
export const unitWord = (language: Language, unit: string): string => {
  const key = `unit.${unit}`
  return known(key) ? kindsText[language][key] : unit
}

/** Name of an area of scenes; areas that packages bring are shown as they are. */
export const areaWord = (language: Language, area: string): string => {
  const key = `area.${area}`
  return known(key) ? kindsText[language][key] : area
}
