import { AreaNav, type AreaPart } from '@/parts/AreaNav'
import { useText } from '@/text/language'
import { wallText, type WallKey } from './text'

/** In the order of the work: look now, look back, what is kept, who may look, who has looked. */
const PARTS: readonly (AreaPart & { label: WallKey })[] = [
  { path: '/video', label: 'part.wall', needs: ['pictures.view'] },
  { path: '/video/playback', label: 'part.playback', needs: ['recordings.read'] },
  { path: '/video/recordings', label: 'part.recordings', needs: ['recordings.read'] },
  { path: '/video/grants', label: 'part.grants', needs: ['grants.request', 'grants.read'] },
  { path: '/video/register', label: 'part.register', needs: ['pictures.register'] },
]

/** The parts of the Video area; a person sees those their role may use. */
export function VideoNav() {
  const t = useText(wallText)
  return <AreaNav label={t('part.label')} parts={PARTS.map((part) => ({ ...part, label: t(part.label) }))} />
}
