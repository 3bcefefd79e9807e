import { useMemo } from 'react'
import { Navigate, NavLink, useParams } from 'react-router'
import type { Permission } from '@/api/types'
import { useMe } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import { AccountSection } from './AccountSection'
import { AuditSection } from './AuditSection'
import { ModelsSection } from './ModelsSection'
import { PeopleSection } from './PeopleSection'
import { ProcessesSection } from './ProcessesSection'
import { RegisterSection } from './RegisterSection'
import css from './SystemPage.module.css'
import { systemText, type SystemKey } from './text'
import { TokensSection } from './TokensSection'

interface Section {
  path: string
  label: SystemKey
  needs: Permission
  Body: () => React.ReactNode
}

const SECTIONS: readonly Section[] = [
  { path: 'processes', label: 'nav.processes', needs: 'system.read', Body: ProcessesSection },
  { path: 'models', label: 'nav.models', needs: 'system.read', Body: ModelsSection },
  { path: 'retrievals', label: 'nav.retrievals', needs: 'pictures.register', Body: RegisterSection },
  { path: 'people', label: 'nav.people', needs: 'people.read', Body: PeopleSection },
  { path: 'account', label: 'nav.account', needs: 'me.read', Body: AccountSection },
  { path: 'tokens', label: 'nav.tokens', needs: 'tokens.own', Body: TokensSection },
  { path: 'audit', label: 'nav.audit', needs: 'audit.read', Body: AuditSection },
]

/** The platform's own affairs; a person sees the parts their role may use. */
export default function SystemPage() {
  const t = useText(systemText)
  const { permissions } = useMe()
  const { section } = useParams()
  const shown = useMemo(() => SECTIONS.filter((one) => permissions.includes(one.needs)), [permissions])
  const current = shown.find((one) => one.path === section)
  if (!current) {
    const first = shown[0]
    return first ? <Navigate to={`/system/${first.path}`} replace /> : <Navigate to="/" replace />
  }
  return (
    <div className={css.page}>
      <PageHead title={t('title')} />
      <div className={css.body}>
        <nav className={css.nav} aria-label={t('nav.label')}>
          {shown.map((one) => (
            <NavLink key={one.path} to={`/system/${one.path}`} className={({ isActive }) => (isActive ? css.here : undefined)}>
              {t(one.label)}
            </NavLink>
          ))}
        </nav>
        <div className={css.section}>
          <current.Body />
        </div>
      </div>
    </div>
  )
}
