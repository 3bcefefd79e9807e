import { useCallback, useEffect, useRef, useState } from 'react'
import type { MarkFault } from '@/parts/live/markGuard'
import { Watermark } from '@/parts/live/Watermark'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './playback.module.css'
import { PlaybackStream, type PlaybackState } from './stream'
import { playbackText, type PlaybackKey } from './text'

interface Props {
  url: string
  name: string
  viewer: string
  onStream: (stream: PlaybackStream | null, video: HTMLVideoElement | null) => void
  onRefused: (words: string) => void
}

/** One camera's recording with its mark, the moment of the picture, and why it does not play. */
export function Screen({ url, name, viewer, onStream, onRefused }: Props) {
  const t = useText(playbackText)
  const f = useFormat()
  const pick = useBilingual()
  const screen = useRef<HTMLDivElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  const [pictures] = useState(() => [video])
  const [state, setState] = useState<PlaybackState>({ is: 'connecting' })
  const [gap, setGap] = useState<{ from: string; to: string } | null>(null)
  const [moment, setMoment] = useState<number | null>(null)
  const stream = useRef<PlaybackStream | null>(null)

  useEffect(() => {
    if (!video.current) return undefined
    const made = new PlaybackStream(url, video.current, {
      onState: setState,
      onGap: setGap,
      onRefused: (words) => onRefused(pick(words)),
    })
    stream.current = made
    onStream(made, video.current)
    const timer = window.setInterval(() => setMoment(made.moment()), 200)
    return () => {
      window.clearInterval(timer)
      onStream(null, null)
      made.stop()
    }
    // The callbacks belong to the page and do not change what is played.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [url])

  const onFault = useCallback((fault: MarkFault) => {
    stream.current?.stop()
    setState({ is: 'over', code: `mark_${fault}`, words: null })
  }, [])

  return (
    <figure className={css.screen} aria-label={t('screen.label', { name })}>
      <div ref={screen} className={css.stage}>
        <video ref={video} className={css.video} muted playsInline disablePictureInPicture hidden={state.is === 'over' && state.code !== 'recording_end'} />
        {(state.is === 'playing' || (state.is === 'over' && state.code === 'recording_end')) && <Watermark viewer={viewer} screen={screen} pictures={pictures} onFault={onFault} />}
        {state.is === 'connecting' && <p className={css.state} role="status">{t('screen.opening')}</p>}
        {state.is === 'over' && <Over state={state} />}
        {gap && state.is === 'playing' && <p className={css.gapNote} role="status">{t('screen.gap', { from: f.time(gap.from, true), to: f.time(gap.to, true) })}</p>}
      </div>
      <figcaption>
        <span>{name}</span>
        <time>{moment === null ? '' : f.dateTime(moment)}</time>
      </figcaption>
    </figure>
  )
}

function Over({ state }: { state: Extract<PlaybackState, { is: 'over' }> }) {
  const t = useText(playbackText)
  const pick = useBilingual()
  const key = `over.${state.code}`
  const words = state.words ? pick(state.words) : t(key in playbackText.zh ? (key as PlaybackKey) : 'over.other', { code: state.code })
  return <p className={css.state} role={state.code === 'recording_end' ? 'status' : 'alert'}>{words}</p>
}
