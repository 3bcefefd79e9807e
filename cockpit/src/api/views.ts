import { call } from './client'
import type { View } from './types'

export interface ViewAsked {
  camera_id: string
  purpose_code: string
  purpose_text: string
  action?: 'live' | 'playback' | 'snapshot'
  footage?: { from: string; to: string }
  /** Without a grant, for minutes, reviewed afterwards. */
  emergency?: boolean
}

/** Proofs of tickets whose media node no cookie reaches, kept for as long as this page is open. */
const proofs = new Map<string, string>()
const PROOFS_MOST = 200

/** The first asking of this page: with its answer the browser gets the cookie that every later ticket is bound to. */
let first: Promise<unknown> | null = null

/**
 * Asks for a permit to see one camera. A wall asks for sixteen at once: without a cookie yet, each answer would bring
 * another one, and only the last of them would be kept. So the others wait for the first.
 */
export async function askView(body: ViewAsked): Promise<View> {
  const before = first
  const asking = (before?.catch(() => undefined) ?? Promise.resolve()).then(() => call<View>('POST', '/views', { body }))
  first ??= asking
  const { data } = await asking
  const ticket = ticketOf(data.url)
  if (data.proof && ticket) {
    proofs.set(ticket, data.proof)
    for (const oldest of [...proofs.keys()].slice(0, Math.max(0, proofs.size - PROOFS_MOST))) proofs.delete(oldest)
  }
  return data
}

/** Opens the stream of a permit. Who looks is proved by a cookie, or beside the address by a subprotocol, never by the address. */
export function viewerSocket(url: string): WebSocket {
  const proof = proofs.get(ticketOf(url) ?? '')
  return proof ? new WebSocket(url, ['commonsight', `viewer.${proof}`]) : new WebSocket(url)
}

const ticketOf = (url: string): string | null => new URL(url, window.location.href).searchParams.get('ticket')
