import { Link } from 'react-router'
import { useText } from '@/text/language'
import css from './Plain.module.css'
import { appText } from './text'

export default function Missing() {
  const t = useText(appText)
  return (
    <div className={css.plain}>
      <h1>{t('missing.title')}</h1>
      <p>{t('missing.text')}</p>
      <Link to="/">{t('missing.back')}</Link>
    </div>
  )
}
