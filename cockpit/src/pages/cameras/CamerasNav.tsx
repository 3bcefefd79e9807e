import { AreaNav, type AreaPart } from '@/parts/AreaNav'
import { useText } from '@/text/language'
import { camerasText, type CamerasKey } from './text'

/** In the order of the work: what there is, where it comes from, how it comes in, where more is needed. */
const PARTS: readonly (AreaPart & { label: CamerasKey })[] = [
  { path: '/cameras', label: 'part.list', needs: ['cameras.read'] },
  { path: '/cameras/access', label: 'part.access', needs: ['gather.read'] },
  { path: '/cameras/sync', label: 'part.sync', needs: ['gather.read'] },
  { path: '/cameras/import', label: 'part.import', needs: ['cameras.write'] },
  { path: '/cameras/discover', label: 'part.discover', needs: ['gather.write'] },
  { path: '/cameras/above', label: 'part.above', needs: ['shares.read'] },
  { path: '/cameras/planning', label: 'part.planning', needs: ['cameras.read'] },
]

/** The parts of the Cameras area; a person sees those their role may use, and no line at all when it is only the list. */
export function CamerasNav() {
  const t = useText(camerasText)
  return <AreaNav label={t('part.label')} parts={PARTS.map((part) => ({ ...part, label: t(part.label) }))} />
}
