import { VideoNav } from '@/pages/wall/VideoNav'
import { PageHead } from '@/parts/Page'
import { RegisterPanel } from '@/parts/register/RegisterPanel'
import { useText } from '@/text/language'
import css from './grants.module.css'
import { grantsText } from './text'

/** The retrieval register beside what it is about. */
export default function RegisterPage() {
  const t = useText(grantsText)
  return (
    <div className={css.page}>
      <PageHead title={t('register.title')} note={t('register.note')} />
      <VideoNav />
      <div className={css.tabs} />
      <RegisterPanel />
    </div>
  )
}
