import { NavLink } from 'react-router'
import type { Permission } from '@/api/types'
import { useCan } from '@/app/auth'
import { useText } from '@/text/language'
import css from './CamerasNav.module.css'
import { camerasText, type CamerasKey } from './text'

interface Part {
  path: string
  label: CamerasKey
  needs: Permission
}

/** In the order of the work: what there is, where it comes from, how it comes in, where more is needed. */
const PARTS: readonly Part[] = [
  { path: '/cameras', label: 'part.list', needs: 'cameras.read' },
  { path: '/cameras/access', label: 'part.access', needs: 'gather.read' },
  { path: '/cameras/sync', label: 'part.sync', needs: 'gather.read' },
  { path: '/cameras/import', label: 'part.import', needs: 'cameras.write' },
  { path: '/cameras/discover', label: 'part.discover', needs: 'gather.write' },
  { path: '/cameras/above', label: 'part.above', needs: 'shares.read' },
  { path: '/cameras/planning', label: 'part.planning', needs: 'cameras.read' },
]

/** The parts of the Cameras area; a person sees those their role may use, and no line at all when it is only the list. */
export function CamerasNav() {
  const t = useText(camerasText)
  const can = useCan()
  const shown = PARTS.filter((part) => can(part.needs))
  if (shown.length < 2) return null
  return (
    <nav className={css.nav} aria-label={t('part.label')}>
      {shown.map((part) => (
        <NavLink key={part.path} to={part.path} end={part.path === '/cameras'} className={({ isActive }) => (isActive ? css.here : undefined)}>
          {t(part.label)}
        </NavLink>
      ))}
    </nav>
  )
}
