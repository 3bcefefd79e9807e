import type { FirmKey } from './text'

/** Pixels of the longer side of what is sent: a name plate is legible, and a village's network carries it. */
export const SIDE_MOST = 1600
const QUALITY = 0.82

/** A photo that cannot be used, and why in words. */
export class PhotoRefused extends Error {
  constructor(readonly say: FirmKey) {
    super(say)
  }
}

const HEIC = ['ftypheic', 'ftypheix', 'ftyphevc', 'ftypmif1', 'ftypmsf1']

/** What a file is by its first bytes; its name and its type are what a phone happens to say. */
export function kindOf(head: Uint8Array): 'jpeg' | 'png' | 'heic' | 'other' {
  const at = (place: number, ...bytes: number[]) => bytes.every((byte, n) => head[place + n] === byte)
  if (at(0, 0xff, 0xd8, 0xff)) return 'jpeg'
  if (at(0, 0x89, 0x50, 0x4e, 0x47)) return 'png'
  const box = String.fromCharCode(...head.slice(4, 12))
  return HEIC.includes(box) ? 'heic' : 'other'
}

/** The size a picture is drawn at so that its longer side fits. */
export function fitted(width: number, height: number, most = SIDE_MOST): [number, number] {
  const scale = Math.min(1, most / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/**
 * The photo, upright and small, drawn anew: nothing but the picture goes over the network, not even where it was taken.
 *
 * HEIC is tried, too: some browsers can read it, and then it becomes a JPEG like any other.
 */
export async function shrink(file: Blob): Promise<Blob> {
  const kind = kindOf(new Uint8Array(await file.slice(0, 12).arrayBuffer()))
  if (kind === 'other') throw new PhotoRefused('photo.kind')
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    throw new PhotoRefused(kind === 'heic' ? 'photo.heic' : 'photo.broken')
  }
  const [width, height] = fitted(bitmap.width, bitmap.height)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  if (!made) throw new PhotoRefused('photo.broken')
  return made
}
