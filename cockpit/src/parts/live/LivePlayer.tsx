import { Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react'
import type { Line } from '@/api/types'
import { useText } from '@/text/language'
import css from './LivePlayer.module.css'
import { Picture } from './Picture'
import { PurposeForm } from './PurposeForm'
import { PurposeLine } from './PurposeLine'
import { rememberedPurpose, rememberPurpose, type ChosenPurpose } from './purpose'
import { liveText } from './text'
import { useView } from './useView'

interface Props {
  cameraId: string
  cameraName: string
  lines?: readonly Line[]
  /** Drawn over the picture, in its coordinates (the analysis editor). */
  overlay?: ReactNode
  onClose?: () => void
  /** Offered when the picture does not come: the way to the reason. */
  onWhy?: () => void
}

/** The live picture of one camera. Picture first, controls second; never without its purpose line and watermark. */
export function LivePlayer({ cameraId, cameraName, lines = NO_LINES, overlay, onClose, onWhy }: Props) {
  const t = useText(liveText)
  const { open, busy, problem, ask, release } = useView(cameraId)
  const asked = useRef<string | null>(null)

  const choose = useCallback(
    (purpose: ChosenPurpose) => {
      rememberPurpose(purpose)
      void ask(purpose)
    },
    [ask],
  )
  useEffect(() => {
    const kept = rememberedPurpose()
    if (asked.current === cameraId || !kept?.keep) return
    asked.current = cameraId
    void ask(kept)
  }, [cameraId, ask])

  const keepable = useMemo(
    () => open && { cameraId, cameraName, viewer: open.view.watermark.viewer, purpose: open.purpose },
    [cameraId, cameraName, open],
  )
  return (
    <section className={css.player} data-player aria-label={t('player.label', { name: cameraName })}>
      <div className={css.picture}>
        {open ? (
          <Picture key={open.view.permit_id} url={open.view.url} until={open.view.expires_at} viewer={open.view.watermark.viewer} lines={lines} keepable={keepable ?? undefined} onAgain={() => void ask(open.purpose)} onWhy={onWhy}>
            {overlay}
          </Picture>
        ) : (
          <PurposeForm key={cameraId} cameraId={cameraId} busy={busy} problem={problem} onChosen={choose} />
        )}
      </div>
      <div className={css.under}>
        {open ? <PurposeLine purpose={open.purpose} retrieval={open.view.retrieval_id} /> : <span className={css.purpose}>{cameraName}</span>}
        {open && <Button size="small" onClick={release}>{t('player.stop')}</Button>}
        {onClose && <Button size="small" onClick={onClose}>{t('player.close')}</Button>}
      </div>
    </section>
  )
}

const NO_LINES: readonly Line[] = []
