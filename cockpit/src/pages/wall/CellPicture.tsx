import { useCallback, useEffect, useMemo, useRef, type ReactNode, type RefObject } from 'react'
import type { CameraItem, Line } from '@/api/types'
import { lacksGrant, NoGrant } from '@/parts/live/NoGrant'
import { Picture } from '@/parts/live/Picture'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { useView } from '@/parts/live/useView'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import css from './Cell.module.css'
import { wallText } from './text'
import { useSeen } from './useSeen'

interface Props {
  camera: CameraItem
  purpose: ChosenPurpose | null
  cell: RefObject<HTMLElement | null>
  heard: boolean
  onHear: (on: boolean) => void
  onPace: (keepsUp: boolean) => void
  tools: ReactNode
}

const NO_LINES: readonly Line[] = []

/** The picture of a cell under the wall's purpose: asked for when it can be seen, given back when it cannot. */
export function CellPicture({ camera, purpose, cell, heard, onHear, onPace, tools }: Props) {
  const t = useText(wallText)
  const seen = useSeen(cell)
  const { open, busy, problem, ask, release } = useView(camera.id)
  const wanted = seen && camera.has_source ? purpose : null
  const asked = useRef<ChosenPurpose | null>(null)

  useEffect(() => {
    if (asked.current === wanted) return
    asked.current = wanted
    if (wanted) void ask(wanted)
    else release()
  }, [wanted, ask, release])

  const again = useCallback(() => {
    if (purpose) void ask(purpose)
  }, [purpose, ask])
  const onEnd = useCallback(
    (code: string) => {
      // The person still wants this wall for this reason: the next stretch is another line in the register.
      if (code === 'permit_expired') again()
    },
    [again],
  )
  // Told by identity, not by what it does: the picture must not begin anew because its cell was drawn again.
  const tell = useRef({ onPace, onHear })
  useEffect(() => {
    tell.current = { onPace, onHear }
  })
  const pace = useCallback((keepsUp: boolean) => tell.current.onPace(keepsUp), [])
  const keepable = useMemo(
    () => open && { cameraId: camera.id, cameraName: camera.name, viewer: open.view.watermark.viewer, purpose: open.purpose },
    [camera.id, camera.name, open],
  )

  if (!camera.has_source) return <p className={css.note}>{t('cell.noSource')}</p>
  if (problem) {
    return (
      <div className={css.note}>
        <div>
          <ProblemNote error={problem} onRetry={again} />
          {lacksGrant(problem) && <NoGrant cameraId={camera.id} busy={busy} onEmergency={(text) => void ask({ code: 'emergency', text, keep: false, emergency: true })} />}
        </div>
      </div>
    )
  }
  if (!purpose) return <p className={css.note}>{t('cell.noPurpose')}</p>
  if (!seen) return <p className={css.note}>{t('cell.unseen')}</p>
  if (!open) return <p className={css.note} role="status">{busy ? t('cell.asking') : ''}</p>
  return (
    <Picture
      key={open.view.permit_id}
      url={open.view.url}
      until={open.view.expires_at}
      viewer={open.view.watermark.viewer}
      lines={NO_LINES}
      keepable={keepable ?? undefined}
      onAgain={again}
      sound={heard}
      onSound={onHear}
      onEnd={onEnd}
      onPace={pace}
      tools={tools}
    />
  )
}
