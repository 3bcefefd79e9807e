import { AreaNav } from '@/parts/AreaNav'
import { useText } from '@/text/language'
import { AREAS } from './areas'
import { healthText } from './text'

/** The parts of the Health area; a person sees those their role may use. */
export function HealthNav() {
  const t = useText(healthText)
  return <AreaNav label={t('part.label')} parts={AREAS.map((part) => ({ ...part, label: t(part.label) }))} />
}
