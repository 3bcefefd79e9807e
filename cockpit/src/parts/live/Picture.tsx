import { Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Line } from '@/api/types'
import { useBilingual, useText } from '@/text/language'
import css from './LivePlayer.module.css'
import type { MarkFault } from './markGuard'
import { hasSound, withSound } from './messages'
import { Pace } from './pace'
import { PictureTools } from './PictureTools'
import { Replay } from './Replay'
import type { Cut } from './replay'
import { permitServes } from './retries'
import { LiveStream, type StreamState } from './stream'
import { liveText, type LiveKey } from './text'
import { useBoxCanvas } from './useBoxCanvas'
import { useSnapshot, type Keepable } from './useSnapshot'
import { useZoom } from './useZoom'
import { Watermark } from './Watermark'

const PACE_MS = 5000

interface Props {
  url: string
  viewer: string
  lines: readonly Line[]
  /** When the permit ends. Given, a picture that did not come is looked for again under the same permit. */
  until?: string | undefined
  /** Given, the picture may be kept. */
  keepable?: Keepable | undefined
  onAgain: () => void
  onWhy?: (() => void) | undefined
  /** Given, who hears which camera is decided outside: on a wall one at a time. */
  sound?: boolean | undefined
  onSound?: ((on: boolean) => void) | undefined
  /** The picture ended for a reason after which the same permit is no use. */
  onEnd?: ((code: string) => void) | undefined
  /** Whether the browser keeps up with this picture. */
  onPace?: ((keepsUp: boolean) => void) | undefined
  /** More buttons in the picture's bar. */
  tools?: ReactNode
  /** Drawn over the picture, in its coordinates; while there is any, dragging draws and does not move the picture. */
  children?: ReactNode
}

/** One permitted stream with everything that belongs on it: mark, boxes, zoom, sound, replay, and why it is lost. */
export function Picture({ url, viewer, lines, until, keepable, onAgain, onWhy, sound: heard, onSound, onEnd, onPace, tools, children }: Props) {
  const t = useText(liveText)
  const screen = useRef<HTMLDivElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const still = useRef<HTMLCanvasElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [pictures] = useState(() => [video, still])
  const [stream, setStream] = useState<LiveStream | null>(null)
  const [state, setState] = useState<StreamState>({ is: 'connecting' })
  const [own, setOwn] = useState(false)
  const [audible, setAudible] = useState(false)
  // Asked for with the first listening only: a stream with sound may be muted, one without cannot be heard.
  const [listening, setListening] = useState(heard ?? false)
  const [turn, setTurn] = useState(0)
  const [skipped, setSkipped] = useState(0)
  const [replay, setReplay] = useState<Cut | null>(null)
  const [bar, setBar] = useState<HTMLElement | null>(null)
  const { zoom, now: zoomNow, reset } = useZoom(screen, !children)
  const zoomed = zoom.scale > 1

  useEffect(() => {
    if (!video.current || !still.current) return undefined
    const live = new LiveStream(listening ? withSound(url) : url, video.current, still.current, {
      onState: setState,
      onSkip: (frames) => setSkipped((sum) => sum + frames),
      onAudible: () => setAudible(true),
    })
    setStream(live)
    return () => live.stop()
  }, [url, listening, turn])
  useBoxCanvas(canvas, video, stream, lines)
  usePace(video, state, onPace)

  const ended = state.is === 'lost' && !state.again ? state.code : null
  useEffect(() => {
    if (ended !== null) onEnd?.(ended)
  }, [ended, onEnd])
  const onFault = useCallback(
    (fault: MarkFault) => {
      stream?.stop()
      setReplay(null)
      setState({ is: 'lost', code: `mark_${fault}`, words: null, again: false, tries: 0 })
    },
    [stream],
  )

  // Judged when it is pressed: the permit may have run out in front of the message.
  const lookAgain = () => {
    if (ended !== null && permitServes(ended, until, Date.now())) setTurn(turn + 1)
    else onAgain()
  }

  const size = state.is === 'playing' ? state.stream : null
  const sound = heard ?? own
  const turnSound = (on: boolean) => {
    setOwn(on)
    onSound?.(on)
    if (on && !(size && hasSound(size.mime))) setListening(true)
  }
  const live = useCallback(() => setReplay(null), [])
  const source = useCallback(() => screen.current?.querySelector<HTMLVideoElement | HTMLCanvasElement>('[data-picture]:not([hidden])') ?? null, [])
  const snapshot = useSnapshot(keepable, source, zoomNow)
  const ratio = useMemo(() => (size && size.width > 0 && size.height > 0 ? `${size.width} / ${size.height}` : '16 / 9'), [size])
  const single = size?.codec === 'jpeg'
  // A permit that ended ends what was seen under it, too.
  const again = replay !== null && ended === null ? replay : null
  return (
    <div className={css.frame} data-zoomed={zoomed || undefined} style={{ '--ratio': ratio } as React.CSSProperties}>
      <div ref={screen} className={css.screen}>
        <div className={css.stage} style={{ transform: `translate(${zoom.x * 100}%, ${zoom.y * 100}%) scale(${zoom.scale})` }}>
          {/* Outside the page the mark would not follow: no window of its own, no other screen. */}
          <video ref={video} className={css.video} muted={!sound || again !== null} playsInline autoPlay disablePictureInPicture hidden={single || again !== null} data-picture={again ? undefined : ''} />
          <canvas ref={still} className={css.video} hidden={!single || again !== null} data-picture={again ? undefined : ''} />
          <canvas ref={canvas} className={css.canvas} hidden={again !== null} aria-hidden />
          {again && <Replay cut={again} bar={bar} onLive={live} />}
          {children}
        </div>
        {(size || again) && <Watermark viewer={viewer} screen={screen} pictures={pictures} onFault={onFault} />}
      </div>
      <div ref={setBar} className={css.replayPlace} />
      {state.is === 'connecting' && <p className={css.state} role="status">{t('player.connecting')}</p>}
      {state.is === 'lost' && <Lost state={state} onAgain={lookAgain} onWhy={onWhy} />}
      {skipped > 0 && size && <span className={css.skipped}>{t('player.skipped', { n: skipped })}</span>}
      {size && (
        <PictureTools
          sound={audible || hasSound(size.mime) ? sound : null}
          onSound={turnSound}
          onSnapshot={keepable ? () => void snapshot.take() : undefined}
          busy={snapshot.busy}
          replaying={again !== null}
          onReplay={() => setReplay(again ? null : (stream?.replay.cut() ?? null))}
          onWhole={zoomed ? reset : undefined}
        >
          {tools}
        </PictureTools>
      )}
    </div>
  )
}

/** Tells, every few seconds, whether the browser shows the frames it is given. */
function usePace(video: React.RefObject<HTMLVideoElement | null>, state: StreamState, onPace: ((keepsUp: boolean) => void) | undefined): void {
  const playing = state.is === 'playing'
  const behind = state.is === 'lost' && state.code === 'behind'
  useEffect(() => {
    if (behind) onPace?.(false)
  }, [behind, onPace])
  useEffect(() => {
    if (!playing || !onPace) return undefined
    const pace = new Pace()
    const timer = window.setInterval(() => {
      const quality = video.current?.getVideoPlaybackQuality()
      // A tab in the background drops frames on purpose.
      if (quality && document.visibilityState === 'visible') onPace(pace.look({ total: quality.totalVideoFrames, dropped: quality.droppedVideoFrames }))
    }, PACE_MS)
    return () => window.clearInterval(timer)
  }, [video, playing, onPace])
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
      {state.tries > 0 && <p>{t('player.gaveUp', { n: state.tries })}</p>}
      {state.again ? <p>{t('player.again')}</p> : <Button size="small" onClick={onAgain}>{t(state.tries > 0 ? 'player.tryAgain' : 'player.retry')}</Button>}
      {onWhy && <Button size="small" type="link" onClick={onWhy}>{t('player.why')}</Button>}
    </div>
  )
}
