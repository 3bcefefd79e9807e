import { useCan } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import css from '../cases.module.css'
import { CasesNav } from '../CasesNav'
import { Channels } from './Channels'
import { Deliveries } from './Deliveries'
import { Rules } from './Rules'
import { noticesText } from './text'

/** Who is told of what, how, and what became of it. Everybody sets up their own page; channels are for who manages them. */
export default function SettingsPage() {
  const t = useText(noticesText)
  const can = useCan()
  return (
    <div className={css.page}>
      <PageHead title={t('settings.title')} note={t('settings.note')} />
      <CasesNav />
      <div className={css.side}>
        <Rules />
        {can('notices.write') && <Channels />}
        {can('notices.write') && <Deliveries />}
      </div>
    </div>
  )
}
