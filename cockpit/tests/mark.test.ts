import { afterEach, describe, expect, it, vi } from 'vitest'
import { spotAt } from '@/parts/live/drift'
import { alphaOf, faultOf, MarkGuard, type Marked, type MarkFault } from '@/parts/live/markGuard'

const box = (left: number, top: number, width: number, height: number): DOMRect => {
  const rect = { x: left, y: top, width, height, left, top, right: left + width, bottom: top + height }
  return { ...rect, toJSON: () => rect }
}

function player(): Marked & { video: HTMLVideoElement } {
  document.body.innerHTML = '<div id="screen"><div><video></video></div><div><span id="mark" style="font-size: 14px; color: rgba(255, 255, 255, 0.62)">韦警官 · 南宁市公安局 09:30</span></div></div>'
  const screen = document.querySelector<HTMLElement>('#screen')
  const mark = document.querySelector<HTMLElement>('#mark')
  const video = document.querySelector('video')
  if (!screen || !mark || !video) throw new Error('no player')
  screen.getBoundingClientRect = () => box(0, 0, 640, 360)
  mark.getBoundingClientRect = () => box(100, 100, 160, 40)
  return { screen, mark, video, text: '韦警官 · 南宁市公安局', pictures: [video] }
}

describe('the mark on a picture', () => {
  const done: [string, MarkFault, (marked: ReturnType<typeof player>) => void][] = [
    ['taken out', 'removed', ({ mark }) => mark.remove()],
    ['taken out with its box', 'removed', ({ mark }) => mark.parentElement?.remove()],
    ['put away', 'hidden', ({ mark }) => { mark.style.display = 'none' }],
    ['put away with its box', 'hidden', ({ mark }) => { if (mark.parentElement) mark.parentElement.style.visibility = 'hidden' }],
    ['made transparent', 'hidden', ({ mark }) => { mark.style.opacity = '0.1' }],
    ['given a colour nobody sees', 'hidden', ({ mark }) => { mark.style.color = 'transparent' }],
    ['made tiny', 'hidden', ({ mark }) => { mark.style.fontSize = '1px' }],
    ['cut away', 'hidden', ({ mark }) => { mark.style.clipPath = 'inset(100%)' }],
    ['moved off the picture', 'hidden', ({ mark }) => { mark.getBoundingClientRect = () => box(900, 100, 160, 40) }],
    ['shrunk to nothing', 'hidden', ({ mark }) => { mark.getBoundingClientRect = () => box(100, 100, 0, 0) }],
    ['rewritten', 'changed', ({ mark }) => { mark.textContent = '某人' }],
    ['left behind by the picture', 'apart', ({ video }) => document.body.append(video)],
    ['not in a window of the picture alone', 'apart', ({ video }) => Object.defineProperty(document, 'fullscreenElement', { value: video, configurable: true })],
  ]
  afterEach(() => Object.defineProperty(document, 'fullscreenElement', { value: null, configurable: true }))

  it.each(done)('is seen to be %s', (_what, fault, act) => {
    const marked = player()
    expect(faultOf(marked)).toBeNull()
    act(marked)
    expect(faultOf(marked)).toBe(fault)
  })

  it('may be away when the whole picture is', () => {
    const marked = player()
    marked.screen.getBoundingClientRect = () => box(0, 0, 0, 0)
    marked.mark.style.display = 'none'
    expect(faultOf(marked)).toBeNull()
  })

  it('stops the picture once, as soon as the tree changes', async () => {
    const marked = player()
    const onFault = vi.fn()
    const guard = new MarkGuard(marked, onFault)
    marked.mark.textContent = '韦警官 · 南宁市公安局 09:31'
    await Promise.resolve()
    expect(onFault).not.toHaveBeenCalled()
    marked.mark.remove()
    await vi.waitFor(() => expect(onFault).toHaveBeenCalledExactlyOnceWith('removed'))
    marked.screen.innerHTML = ''
    await Promise.resolve()
    expect(onFault).toHaveBeenCalledOnce()
    guard.stop()
  })

  it('stops the picture when only a style sheet hides it, which changes nothing in the tree', async () => {
    vi.useFakeTimers()
    const marked = player()
    const onFault = vi.fn()
    const guard = new MarkGuard(marked, onFault)
    const sheet = document.createElement('style')
    sheet.textContent = '#mark { opacity: 0 }'
    document.head.append(sheet)
    await vi.advanceTimersByTimeAsync(1000)
    expect(onFault).toHaveBeenCalledExactlyOnceWith('hidden')
    guard.stop()
    sheet.remove()
    vi.useRealTimers()
  })
})

describe('alphaOf', () => {
  it.each([['rgb(1, 2, 3)', 1], ['rgba(1, 2, 3, 0.25)', 0.25], ['rgb(1 2 3 / 40%)', 0.4], ['transparent', 0]])('reads %s', (colour, alpha) => {
    expect(alphaOf(colour)).toBe(alpha)
  })
})

describe('the drift of the mark', () => {
  it('moves every second, stays inside, and comes near every ninth of the picture within half an hour', () => {
    const met = new Set<string>()
    let before = spotAt(-1)
    for (let second = 0; second < 1800; second++) {
      const spot = spotAt(second)
      expect(spot).not.toEqual(before)
      for (const share of [spot.left, spot.top]) {
        expect(share).toBeGreaterThanOrEqual(0)
        expect(share).toBeLessThanOrEqual(1)
      }
      met.add(`${Math.min(2, Math.floor(spot.left * 3))}${Math.min(2, Math.floor(spot.top * 3))}`)
      before = spot
    }
    expect(met.size).toBe(9)
  })
})
