/** What was done to the mark on a picture. */
export type MarkFault = 'removed' | 'hidden' | 'changed' | 'apart'

/** The watermark and the picture it belongs to. */
export interface Marked {
  /** The box of the picture; everything that shows it lies inside. */
  screen: HTMLElement
  mark: HTMLElement
  /** What must be readable in the mark. */
  text: string
  /** What the camera's picture is drawn on. */
  pictures: readonly HTMLElement[]
}

/** Below these a mark is there, but nobody reads it. */
const LEAST_OPACITY = 0.35
const LEAST_FONT_PX = 8
const LEAST_SHARE_INSIDE = 0.5
const LOOK_AGAIN_MS = 500

/**
 * Whether the mark can still be read on the picture; null when all is well.
 *
 * This cannot stop somebody who rewrites the page: what leaves the screen is on the register, and exports carry the mark
 * in the picture itself. It does stop what is done in a minute with the browser's own tools, and it says so.
 */
export function faultOf({ screen, mark, text, pictures }: Marked): MarkFault | null {
  if (!screen.contains(mark)) return 'removed'
  if (pictures.some((picture) => !screen.contains(picture)) || isShownElsewhere(screen)) return 'apart'
  if (!mark.textContent.includes(text)) return 'changed'
  const box = screen.getBoundingClientRect()
  // The whole picture is put away: nothing is shown that could be unmarked.
  if (box.width === 0 || box.height === 0) return null
  return isReadable(mark, screen, box) ? null : 'hidden'
}

/** The picture alone fills the screen or floats in a window of its own: there its mark does not follow. */
function isShownElsewhere(screen: HTMLElement): boolean {
  return [document.fullscreenElement, document.pictureInPictureElement].some((one) => one instanceof Element && one !== screen && screen.contains(one))
}

function isReadable(mark: HTMLElement, screen: HTMLElement, box: DOMRect): boolean {
  let opacity = 1
  for (let node: HTMLElement | null = mark; node; node = node === screen ? null : node.parentElement) {
    const style = getComputedStyle(node)
    if (style.display === 'none' || style.visibility === 'hidden' || style.visibility === 'collapse') return false
    if (isSet(style.clipPath) || isSet(style.filter) || isSet(style.maskImage)) return false
    opacity *= style.opacity === '' ? 1 : Number(style.opacity)
  }
  const style = getComputedStyle(mark)
  opacity *= alphaOf(style.color)
  if (opacity < LEAST_OPACITY || Number.parseFloat(style.fontSize) < LEAST_FONT_PX) return false
  const own = mark.getBoundingClientRect()
  const width = Math.min(own.right, box.right) - Math.max(own.left, box.left)
  const height = Math.min(own.bottom, box.bottom) - Math.max(own.top, box.top)
  return width > 0 && height > 0 && width * height >= LEAST_SHARE_INSIDE * own.width * own.height
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'none'

/** How opaque a computed colour is, 0..1: "rgba(…, 0.6)" and "rgb(… / 60%)" alike. */
export function alphaOf(colour: string): number {
  if (colour === 'transparent') return 0
  const parts = colour.match(/[\d.]+%?/g) ?? []
  const last = parts[3]
  if (last === undefined) return 1
  return last.endsWith('%') ? Number.parseFloat(last) / 100 : Number(last)
}

/** Watches the mark; `onFault` runs once, when it is removed, hidden or changed. */
export class MarkGuard {
  private readonly observer: MutationObserver
  private readonly timer: number
  private over = false

  constructor(
    private readonly marked: Marked,
    private readonly onFault: (fault: MarkFault) => void,
  ) {
    this.observer = new MutationObserver(() => this.look())
    this.observer.observe(marked.screen, { subtree: true, childList: true, attributes: true, characterData: true })
    // A rule added to a style sheet changes nothing in the tree, and a picture taken out is not in it any more.
    this.timer = window.setInterval(() => this.look(), LOOK_AGAIN_MS)
    for (const event of ELSEWHERE) document.addEventListener(event, this.look, true)
  }

  stop(): void {
    this.over = true
    this.observer.disconnect()
    window.clearInterval(this.timer)
    for (const event of ELSEWHERE) document.removeEventListener(event, this.look, true)
  }

  private readonly look = (): void => {
    if (this.over) return
    const fault = faultOf(this.marked)
    if (fault === null) return
    this.stop()
    this.onFault(fault)
  }
}

const ELSEWHERE = ['fullscreenchange', 'enterpictureinpicture'] as const
