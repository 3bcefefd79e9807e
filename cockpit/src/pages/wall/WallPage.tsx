import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import { wallText } from './text'
import { VideoNav } from './VideoNav'
import css from './WallPage.module.css'

/** Many pictures at once. */
export default function WallPage() {
  const t = useText(wallText)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} />
      <VideoNav />
    </div>
  )
}
