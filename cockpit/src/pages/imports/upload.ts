import { call } from '@/api/client'
import type { CoordinateSystem, Existing, ImportRun } from '@/api/types'

/** Bytes sent at once: small enough that progress moves on a slow line, large enough that requests do not add up. */
export const PIECE_BYTES = 4_000_000
/** Largest file the platform takes, bytes. */
export const MOST_BYTES = 200_000_000

/** Where each piece of a file begins and ends, bytes; an empty file has none. */
export function pieces(size: number, piece = PIECE_BYTES): [number, number][] {
  const list: [number, number][] = []
  for (let from = 0; from < size; from += piece) list.push([from, Math.min(size, from + piece)])
  return list
}

export interface HowToRead {
  existing: Existing
  /** Coordinate system of rows that name none; null when the source does not say. */
  system: CoordinateSystem | null
}

/** Sends a file piece by piece to where it was announced. `onSent` hears the share that has arrived, 0..1. */
export async function sendPieces(route: string, file: File, onSent: (share: number) => void): Promise<void> {
  for (const [from, to] of pieces(file.size)) {
    // Without a type the piece would be taken for text by what lies between.
    await call('PUT', route, { query: { offset: from }, file: file.slice(from, to, 'application/octet-stream') })
    onSent(to / file.size)
  }
}

/** Announces a file, sends it and has it checked. */
export async function sendFile(file: File, how: HowToRead, onSent: (share: number) => void): Promise<string> {
  const { data: made } = await call<ImportRun>('POST', '/imports', { body: { name: file.name, ...how } })
  await sendPieces(`/imports/${made.id}/file`, file, onSent)
  await call('POST', `/imports/${made.id}/check`)
  return made.id
}
