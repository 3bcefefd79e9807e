import { CaretRightOutlined, PauseOutlined } from '@ant-design/icons'
import { useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './LivePlayer.module.css'
import { pictureAt, type Cut } from './replay'
import { mediaSourceClass } from './sink'
import { liveText } from './text'

interface Props {
  cut: Cut
  /** Where the controls go: they must not be blown up with the picture. */
  bar: HTMLElement | null
  onLive: () => void
}

interface Span {
  from: number
  to: number
}

/** The last half minute once more, from what this browser has received already; the live picture goes on underneath. */
export function Replay(props: Props) {
  const { pictures } = props.cut
  return pictures ? <Pictures {...props} pictures={pictures} /> : <Fragments {...props} />
}

function Fragments({ cut, bar, onLive }: Props) {
  const video = useRef<HTMLVideoElement>(null)
  const [span, setSpan] = useState<Span | null>(null)
  const [time, setTime] = useState(0)
  const [paused, setPaused] = useState(false)

  useEffect(() => {
    const [element, Source] = [video.current, mediaSourceClass()]
    if (!element || !Source || !cut.init) return undefined
    const source = new Source()
    const url = URL.createObjectURL(source)
    element.disableRemotePlayback = true
    element.src = url
    source.addEventListener('sourceopen', () => {
      const buffer = source.addSourceBuffer(cut.mime)
      buffer.addEventListener('updateend', () => {
        const { buffered } = buffer
        if (buffered.length === 0) {
          onLive()
          return
        }
        if (source.readyState === 'open') source.endOfStream()
        setSpan({ from: buffered.start(0), to: buffered.end(buffered.length - 1) })
        element.currentTime = buffered.start(0)
        element.play().catch(() => setPaused(true))
      }, { once: true })
      // A browser drops what comes before the first keyframe by itself.
      new Blob([cut.init ?? '', ...cut.fragments]).arrayBuffer().then((all) => buffer.appendBuffer(all)).catch(onLive)
    }, { once: true })
    return () => {
      element.removeAttribute('src')
      element.load()
      URL.revokeObjectURL(url)
    }
  }, [cut, onLive])

  /** Frames that were skipped leave a hole: it is jumped over. */
  const onWaiting = () => {
    const element = video.current
    if (!element) return
    const { buffered, currentTime } = element
    for (let index = 0; index < buffered.length; index++) {
      if (buffered.start(index) > currentTime) {
        element.currentTime = buffered.start(index)
        return
      }
    }
  }
  const turn = () => {
    const element = video.current
    if (!element) return
    if (!element.paused) element.pause()
    else {
      if (span && element.currentTime >= span.to - 0.1) element.currentTime = span.from
      element.play().catch(() => undefined)
    }
  }
  const seek = (to: number) => {
    if (video.current) video.current.currentTime = to
    setTime(to)
  }
  return (
    <>
      <video
        ref={video} className={css.video} muted playsInline disablePictureInPicture data-picture=""
        onTimeUpdate={(event) => setTime(event.currentTarget.currentTime)} onWaiting={onWaiting}
        onPause={() => setPaused(true)} onPlay={() => setPaused(false)}
      />
      {span && <Bar into={bar} span={span} time={time} paused={paused} until={cut.until} onTurn={turn} onSeek={seek} onLive={onLive} />}
    </>
  )
}

const STEP_MS = 40

function Pictures({ cut, bar, pictures, onLive }: Props & { pictures: NonNullable<Cut['pictures']> }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const span = { from: pictures[0]?.time ?? 0, to: pictures.at(-1)?.time ?? 0 }
  const [time, setTime] = useState(span.from)
  const [turned, setTurned] = useState(false)
  const paused = turned || time >= span.to
  const file = pictureAt(pictures, time)

  useEffect(() => {
    if (paused) return undefined
    const timer = window.setInterval(() => setTime((before) => Math.min(span.to, before + STEP_MS / 1000)), STEP_MS)
    return () => window.clearInterval(timer)
  }, [paused, span.to])
  useEffect(() => {
    if (!file) return undefined
    let gone = false
    createImageBitmap(new Blob([file], { type: 'image/jpeg' })).then((bitmap) => {
      const board = canvas.current
      if (gone || !board) return
      if (board.width !== bitmap.width) board.width = bitmap.width
      if (board.height !== bitmap.height) board.height = bitmap.height
      board.getContext('2d')?.drawImage(bitmap, 0, 0)
      bitmap.close()
    }, onLive)
    return () => {
      gone = true
    }
  }, [file, onLive])
  const turn = () => {
    if (time >= span.to) setTime(span.from)
    setTurned(time < span.to && !turned)
  }
  return (
    <>
      <canvas ref={canvas} className={css.video} data-picture="" />
      <Bar into={bar} span={span} time={time} paused={paused} until={cut.until} onTurn={turn} onSeek={setTime} onLive={onLive} />
    </>
  )
}

interface BarProps {
  into: HTMLElement | null
  span: Span
  time: number
  paused: boolean
  until: number
  onTurn: () => void
  onSeek: (time: number) => void
  onLive: () => void
}

function Bar({ into, span, time, paused, until, onTurn, onSeek, onLive }: BarProps) {
  const t = useText(liveText)
  const f = useFormat()
  const label = paused ? t('replay.play') : t('replay.pause')
  if (!into) return null
  return createPortal(
    <div className={css.replay}>
      <strong>{t('replay.title')}</strong>
      <button type="button" className={css.tool} aria-label={label} title={label} onClick={onTurn}>
        {paused ? <CaretRightOutlined aria-hidden /> : <PauseOutlined aria-hidden />}
      </button>
      <input
        type="range" aria-label={t('replay.place')} min={span.from} max={span.to} step={0.1} value={Math.min(span.to, Math.max(span.from, time))}
        onChange={(event) => onSeek(Number(event.target.value))}
      />
      <time>{f.time(new Date(until - (span.to - time) * 1000).toISOString(), true)}</time>
      <button type="button" className={css.tool} onClick={onLive}>{t('replay.live')}</button>
    </div>,
    into,
  )
}
