import { NavLink } from 'react-router'
import { useText } from '@/text/language'
import css from '@/parts/AreaNav.module.css'
import { casesText } from './text'

/** The parts of the Cases area. */
export function CasesNav() {
  const t = useText(casesText)
  const part = (path: string, label: string) => (
    <NavLink to={path} end className={({ isActive }) => (isActive ? css.here : undefined)}>{label}</NavLink>
  )
  return (
    <nav className={css.nav} aria-label={t('part.label')}>
      {part('/cases', t('part.list'))}
      {part('/cases/incidents', t('part.incidents'))}
      {part('/cases/competence', t('part.competence'))}
      {part('/cases/notices', t('part.inbox'))}
      {part('/cases/settings', t('part.notices'))}
    </nav>
  )
}
