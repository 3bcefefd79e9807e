import { useEffect, type RefObject } from 'react'
import type { Line } from '@/api/types'
import { useTokens } from '@/app/theme/Mood'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { className } from '../names'
import { partsText } from '../text'
import type { LiveStream } from './stream'
import type { LineCount } from './messages'
import { paint } from './paint'
import { liveText } from './text'

/** Paints boxes and lines over the video, once per picture shown; nothing runs while the picture stands still. */
export function useBoxCanvas(
  canvasRef: RefObject<HTMLCanvasElement | null>,
  videoRef: RefObject<HTMLVideoElement | null>,
  stream: LiveStream | null,
  lines: readonly Line[],
): void {
  const tokens = useTokens()
  const p = useText(partsText)
  const t = useText(liveText)
  const f = useFormat()

  useEffect(() => {
    const [canvas, video] = [canvasRef.current, videoRef.current]
    const context = canvas?.getContext('2d')
    if (!canvas || !video || !context || !stream) return undefined
    const ring = stream.boxes

    const draw = (time: number) => {
      const { clientWidth: width, clientHeight: height } = canvas
      const ratio = window.devicePixelRatio || 1
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio)
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio)
      const counts = new Map((ring.latest()?.lines ?? []).map((line): [string, LineCount] => [line.id, line]))
      paint(context, {
        width, height, ratio, lines, counts, tokens,
        boxes: ring.at(time)?.boxes ?? [],
        className: (name) => className(p, name),
        inOut: (count) => t('line.counts', { in: f.number(count.in), out: f.number(count.out) }),
      })
    }
    stream.onStill = draw
    if (typeof video.requestVideoFrameCallback === 'function') {
      let handle = video.requestVideoFrameCallback(function next(_now, { mediaTime }) {
        draw(mediaTime)
        handle = video.requestVideoFrameCallback(next)
      })
      return () => video.cancelVideoFrameCallback(handle)
    }
    const timer = window.setInterval(() => !video.paused && draw(video.currentTime), 40)
    return () => window.clearInterval(timer)
  }, [canvasRef, videoRef, stream, lines, tokens, p, t, f])
}
