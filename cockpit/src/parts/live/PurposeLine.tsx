import { usePurposes } from '@/api/queries'
import { useBilingual, useText } from '@/text/language'
import css from './LivePlayer.module.css'
import type { ChosenPurpose } from './purpose'
import { liveText } from './text'

/** Why a picture is shown: under it as long as it is. */
export function PurposeLine({ purpose, retrieval }: { purpose: ChosenPurpose; retrieval?: string }) {
  const t = useText(liveText)
  const pick = useBilingual()
  const known = usePurposes().data?.items.find((one) => one.code === purpose.code)
  const words = [known ? pick(known) : purpose.code, purpose.text].filter(Boolean).join(' · ')
  return (
    <span className={css.purpose} title={retrieval && t('player.record', { id: retrieval })}>
      {t('player.purpose', { purpose: words })}
    </span>
  )
}
