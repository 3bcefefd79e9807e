import { partOf, type Zoom } from './zoom'

/** What is written into a picture that leaves the screen. */
export interface Burn {
  /** Name and unit of who keeps it. */
  viewer: string
  camera: string
  /** Words of the moment, of the reason, and of the line in the register. */
  moment: string
  purpose: string
  record: string
}

const TILE_ALPHA = 0.22
const BAND = 'rgba(4, 10, 16, 0.82)'
const QUALITY = 0.92

/** The part of a picture that is shown, with the mark drawn into its pixels: across it, and in a band below it. */
export function burn(source: CanvasImageSource, width: number, height: number, zoom: Zoom, mark: Burn, canvas: HTMLCanvasElement): void {
  const part = partOf(zoom, width, height)
  const size = Math.max(12, Math.round(width / 64))
  const band = Math.round(size * 3.4)
  canvas.width = width
  canvas.height = height + band
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.drawImage(source, part.x, part.y, part.width, part.height, 0, 0, width, height)
  const family = getComputedStyle(document.body).fontFamily || 'sans-serif'
  tile(context, width, height, `${mark.viewer}  ${mark.moment}`, size, family)
  context.fillStyle = BAND
  context.fillRect(0, height, width, band)
  context.fillStyle = '#e8eef4'
  context.textBaseline = 'top'
  context.font = `600 ${size}px ${family}`
  context.fillText(`${mark.camera}  ${mark.moment}`, size, height + size * 0.5, width - 2 * size)
  context.font = `${Math.round(size * 0.85)}px ${family}`
  context.fillText([mark.viewer, mark.purpose, mark.record].filter(Boolean).join('  ·  '), size, height + size * 1.95, width - 2 * size)
}

/** The mark all over the picture, so that no part that is cut out of it is without one. */
function tile(context: CanvasRenderingContext2D, width: number, height: number, text: string, size: number, family: string): void {
  context.save()
  context.beginPath()
  context.rect(0, 0, width, height)
  context.clip()
  context.translate(width / 2, height / 2)
  context.rotate(-Math.PI / 9)
  context.font = `${size}px ${family}`
  context.globalAlpha = TILE_ALPHA
  context.textBaseline = 'middle'
  context.lineWidth = Math.max(1, size / 12)
  const [across, down] = [context.measureText(text).width + size * 4, size * 7]
  const reach = Math.hypot(width, height) / 2
  for (let row = -Math.ceil(reach / down); row * down <= reach; row++) {
    // Every other row is moved by half, so that the gaps do not lie over each other.
    const shift = (row % 2) * (across / 2)
    for (let x = -Math.ceil(reach / across) * across + shift - across; x <= reach; x += across) {
      context.strokeStyle = '#000'
      context.strokeText(text, x, row * down)
      context.fillStyle = '#fff'
      context.fillText(text, x, row * down)
    }
  }
  context.restore()
}

/** The picture on a video element or a canvas with the mark in it, as a JPEG file. */
export async function keepPicture(source: HTMLVideoElement | HTMLCanvasElement, zoom: Zoom, mark: Burn): Promise<Blob> {
  const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height]
  if (width === 0 || height === 0) throw new Error('no picture')
  const canvas = document.createElement('canvas')
  burn(source, width, height, zoom, mark, canvas)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no file'))), 'image/jpeg', QUALITY)
  })
}

/** A file's name of what a camera is called: what no file system takes is left out. */
export function fileName(camera: string, at: Date): string {
  const plain = camera.replace(/[\\/:*?"<>|\s]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 80)
  const moment = at.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')
  return `${plain || 'camera'}-${moment}.jpg`
}

/** Hands a file to the person. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
