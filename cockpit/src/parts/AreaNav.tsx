import { NavLink } from 'react-router'
import type { Permission } from '@/api/types'
import { useCan } from '@/app/auth'
import css from './AreaNav.module.css'

export interface AreaPart {
  path: string
  label: string
  /** One of these lets a person in. */
  needs: readonly Permission[]
}

/** The parts of an area, the first of them its own page; a person sees those their role may use, and no line for one. */
export function AreaNav({ label, parts }: { label: string; parts: readonly AreaPart[] }) {
  const can = useCan()
  const shown = parts.filter((part) => part.needs.some(can))
  if (shown.length < 2) return null
  return (
    <nav className={css.nav} aria-label={label}>
      {shown.map((part) => (
        <NavLink key={part.path} to={part.path} end={part.path === parts[0]?.path} className={({ isActive }) => (isActive ? css.here : undefined)}>
          {part.label}
        </NavLink>
      ))}
    </nav>
  )
}
