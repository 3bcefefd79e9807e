import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import css from './scenes.module.css'
import { ScenesNav } from './ScenesNav'
import { scenesText } from './text'

/** What the cameras can be watched for, and where they are. */
export default function ScenesPage() {
  const t = useText(scenesText)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <ScenesNav />
    </div>
  )
}
