import { CameraOutlined, CaretRightOutlined, PauseOutlined, StepForwardOutlined } from '@ant-design/icons'
import { Button, Segmented, Tooltip } from 'antd'
import { useEffect } from 'react'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './playback.module.css'
import { marked, type Window } from './span'
import { SPEEDS, type Command } from './stream'
import { playbackText } from './text'

interface Props {
  ready: boolean
  paused: boolean
  speed: number
  moment: number | null
  day: Window
  device: boolean
  mark: Window | null
  onMark: (mark: Window | null) => void
  onCommand: (command: Command) => void
  onSeek: (moment: number) => void
  onSnapshot: () => void
  onExport: (() => void) | undefined
}

const JUMPS = [-60, -10, 10, 60] as const

/** Everything that steers a playing recording; also by keys. */
export function Controls({ ready, paused, speed, moment, day, device, mark, onMark, onCommand, onSeek, onSnapshot, onExport }: Props) {
  const t = useText(playbackText)
  const f = useFormat()
  const go = (seconds: number) => {
    if (moment !== null) onSeek(Math.min(Math.max(moment + seconds * 1000, day.begin), day.end - 1))
  }
  const turn = () => onCommand({ type: paused ? 'play' : 'pause' })

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const { target } = event
      if (!ready || event.ctrlKey || event.metaKey || event.altKey) return
      if (target instanceof HTMLElement && target.closest('input, textarea, select, button, [role="dialog"], [role="slider"], .ant-select')) return
      if (event.key === ' ') turn()
      else if (event.key === '.' && !device) onCommand({ type: 'step' })
      else if (event.key === 'ArrowLeft') go(-10)
      else if (event.key === 'ArrowRight') go(10)
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  })

  return (
    <div className={css.controls}>
      <Tooltip title={`${paused ? t('control.play') : t('control.pause')} (␣)`}>
        <Button type="primary" shape="circle" disabled={!ready} aria-label={paused ? t('control.play') : t('control.pause')} icon={paused ? <CaretRightOutlined aria-hidden /> : <PauseOutlined aria-hidden />} onClick={turn} />
      </Tooltip>
      {!device && (
        <Tooltip title={`${t('control.step')} (.)`}>
          <Button shape="circle" disabled={!ready} aria-label={t('control.step')} icon={<StepForwardOutlined aria-hidden />} onClick={() => onCommand({ type: 'step' })} />
        </Tooltip>
      )}
      {JUMPS.map((seconds) => <Button key={seconds} size="small" disabled={!ready} onClick={() => go(seconds)}>{t(seconds < 0 ? 'control.back' : 'control.on', { n: Math.abs(seconds) })}</Button>)}
      <Segmented size="small" disabled={!ready} aria-label={t('control.speed')} value={speed} onChange={(value) => onCommand({ type: 'speed', speed: value })} options={SPEEDS.map((value) => ({ value, label: `${value}×` }))} />
      <Tooltip title={t('control.snapshot')}>
        <Button shape="circle" disabled={!ready} aria-label={t('control.snapshot')} icon={<CameraOutlined aria-hidden />} onClick={onSnapshot} />
      </Tooltip>
      <span className={css.now}>{f.dateTime(moment)}</span>
      <span className={css.marking}>
        <Button size="small" disabled={moment === null} onClick={() => moment !== null && onMark(marked(moment, mark?.end ?? moment + 60_000))}>{t('mark.in')}</Button>
        <Button size="small" disabled={moment === null} onClick={() => moment !== null && onMark(marked(mark?.begin ?? moment - 60_000, moment))}>{t('mark.out')}</Button>
        {mark && <span>{f.time(new Date(mark.begin), true)} – {f.time(new Date(mark.end), true)} ({f.seconds((mark.end - mark.begin) / 1000)})</span>}
        {mark && <Button size="small" type="text" onClick={() => onMark(null)}>{t('mark.clear')}</Button>}
        {onExport && <Button size="small" type="primary" disabled={!mark} onClick={onExport}>{t('export.open')}</Button>}
      </span>
    </div>
  )
}
