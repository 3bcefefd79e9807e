import type { InboxNotice } from '@/api/types'
import { grantsText } from '@/pages/grants/text'
import { useText } from '@/text/language'
import css from '../cases.module.css'
import { StateTag } from '../StateTag'

/** How it is now with what a notice is about, in the words of the page the notice leads to. */
export function NoticeState({ notice }: { notice: InboxNotice }) {
  const t = useText(grantsText)
  switch (notice.about) {
    case 'case': return <StateTag state={notice.state} />
    case 'request': return <span className={css.tag}>{t(`request.${notice.state}`)}</span>
    case 'elsewhere': return null
    case 'emergency': return <span className={css.tag}>{t(`review.${notice.state}`)}</span>
  }
}
