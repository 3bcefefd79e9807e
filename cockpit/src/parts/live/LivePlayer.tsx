import { Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Line } from '@/api/types'
import { useBilingual, useText } from '@/text/language'
import css from './LivePlayer.module.css'
import { PurposeForm } from './PurposeForm'
import { PurposeLine } from './PurposeLine'
import { rememberedPurpose, rememberPurpose, type ChosenPurpose } from './purpose'
import { hasSound, withSound } from './messages'
import { LiveStream, type StreamState } from './stream'
import { liveText, type LiveKey } from './text'
import { SoundButton } from './SoundButton'
import { useBoxCanvas } from './useBoxCanvas'
import { useView } from './useView'
import { Watermark } from './Watermark'

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

  return (
    <section className={css.player} aria-label={t('player.label', { name: cameraName })}>
      <div className={css.picture}>
        {open ? (
          <Picture key={open.view.permit_id} url={open.view.url} viewer={open.view.watermark.viewer} lines={lines} onAgain={() => void ask(open.purpose)} onWhy={onWhy}>
            {overlay}
          </Picture>
        ) : (
          <PurposeForm key={cameraId} busy={busy} problem={problem} onChosen={choose} />
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

interface PictureProps {
  url: string
  viewer: string
  lines: readonly Line[]
  onAgain: () => void
  onWhy: (() => void) | undefined
  children: ReactNode
}

function Picture({ url, viewer, lines, onAgain, onWhy, children }: PictureProps) {
  const t = useText(liveText)
  const video = useRef<HTMLVideoElement>(null)
  const still = useRef<HTMLCanvasElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [stream, setStream] = useState<LiveStream | null>(null)
  const [state, setState] = useState<StreamState>({ is: 'connecting' })
  const [sound, setSound] = useState(false)
  const [audible, setAudible] = useState(false)
  // Asked for with the first listening only: a stream with sound may be muted, one without cannot be heard.
  const [listening, setListening] = useState(false)
  const [skipped, setSkipped] = useState(0)

  useEffect(() => {
    if (!video.current || !still.current) return undefined
    const live = new LiveStream(listening ? withSound(url) : url, video.current, still.current, {
      onState: setState,
      onSkip: (frames) => setSkipped((sum) => sum + frames),
      onAudible: () => setAudible(true),
    })
    setStream(live)
    return () => live.stop()
  }, [url, listening])
  useBoxCanvas(canvas, video, stream, lines)

  const size = state.is === 'playing' ? state.stream : null
  const turnSound = (on: boolean) => {
    setSound(on)
    if (on && !(size && hasSound(size.mime))) setListening(true)
  }
  const ratio = useMemo(() => (size && size.width > 0 && size.height > 0 ? `${size.width} / ${size.height}` : '16 / 9'), [size])
  return (
    <div className={css.frame} style={{ '--ratio': ratio } as React.CSSProperties}>
      <video ref={video} className={css.video} muted={!sound} playsInline autoPlay hidden={size?.codec === 'jpeg'} />
      <canvas ref={still} className={css.video} hidden={size?.codec !== 'jpeg'} />
      <canvas ref={canvas} className={css.canvas} aria-hidden />
      {children}
      {state.is === 'playing' && <Watermark viewer={viewer} />}
      {state.is === 'connecting' && <p className={css.state} role="status">{t('player.connecting')}</p>}
      {state.is === 'lost' && <Lost state={state} onAgain={onAgain} onWhy={onWhy} />}
      {size && (audible || hasSound(size.mime)) && <SoundButton on={sound} onTurn={turnSound} />}
      {skipped > 0 && state.is === 'playing' && <span className={css.skipped}>{t('player.skipped', { n: skipped })}</span>}
    </div>
  )
}

function Lost({ state, onAgain, onWhy }: { state: Extract<StreamState, { is: 'lost' }>; onAgain: () => void; onWhy: (() => void) | undefined }) {
  const t = useText(liveText)
  const pick = useBilingual()
  const key = `lost.${state.code}`
  const words = state.words ? pick(state.words) : t(key in liveText.zh ? (key as LiveKey) : 'lost.other', { code: state.code })
  return (
    <div className={css.state} role="alert">
      <p>{words}</p>
      <p className={css.code}>{state.code}</p>
      {state.again ? <p>{t('player.again')}</p> : <Button size="small" onClick={onAgain}>{t('player.retry')}</Button>}
      {onWhy && <Button size="small" type="link" onClick={onWhy}>{t('player.why')}</Button>}
    </div>
  )
}
