import { AreaNav } from '@/parts/AreaNav'
import { useText } from '@/text/language'
import { AREAS } from './areas'
import { scenesText } from './text'

/** The parts of the Scenes area; a person sees those their role may use. */
export function ScenesNav() {
  const t = useText(scenesText)
  return <AreaNav label={t('part.label')} parts={AREAS.map((part) => ({ ...part, label: t(part.label) }))} />
}
