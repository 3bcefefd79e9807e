import type { InboxNotice } from '@/api/types'

/** One line of what a person was told; a case is named by its number too. */
export const headline = (notice: InboxNotice): string =>
  [notice.event, notice.about === 'case' ? `#${notice.number} ${notice.title}` : notice.title].filter(Boolean).join(' · ')
