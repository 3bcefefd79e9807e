import { NavLink } from 'react-router'
import type { Permission } from '@/api/types'
import { useCan } from '@/app/auth'
import { useText } from '@/text/language'
import { wallText, type WallKey } from './text'
import css from './VideoNav.module.css'

interface Part {
  path: string
  label: WallKey
  /** One of these lets a person in. */
  needs: readonly Permission[]
}

/** In the order of the work: look now, look back, what is kept, who may look, who has looked. */
const PARTS: readonly Part[] = [
  { path: '/video', label: 'part.wall', needs: ['pictures.view'] },
  { path: '/video/playback', label: 'part.playback', needs: ['recordings.read'] },
  { path: '/video/recordings', label: 'part.recordings', needs: ['recordings.read'] },
  { path: '/video/grants', label: 'part.grants', needs: ['grants.request', 'grants.read'] },
  { path: '/video/register', label: 'part.register', needs: ['pictures.register'] },
]

/** The parts of the Video area; a person sees those their role may use. */
export function VideoNav() {
  const t = useText(wallText)
  const can = useCan()
  const shown = PARTS.filter((part) => part.needs.some(can))
  if (shown.length < 2) return null
  return (
    <nav className={css.nav} aria-label={t('part.label')}>
      {shown.map((part) => (
        <NavLink key={part.path} to={part.path} end={part.path === '/video'} className={({ isActive }) => (isActive ? css.here : undefined)}>
          {t(part.label)}
        </NavLink>
      ))}
    </nav>
  )
}
