import { useAuth } from '@/app/auth'
import { PasswordForm } from '@/app/PasswordForm'
import { appText } from '@/app/text'
import { useText } from '@/text/language'
import { Doorway } from './Doorway'
import css from './LoginPage.module.css'

/** After a login with a one-time password nothing else is open until it is changed. */
export function FirstPasswordPage() {
  const t = useText(appText)
  const { logout } = useAuth()
  return (
    <Doorway title={t('password.title')}>
      <p className={css.why}>{t('password.why')}</p>
      <PasswordForm leave={t('password.later')} onLeave={() => void logout()} />
    </Doorway>
  )
}
