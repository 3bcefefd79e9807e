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
  /** For a player outside the browser: the ticket belongs to the first address that opens it. */
  player?: boolean
}

/** Proofs of tickets whose media node no cookie reaches, kept for as long as this page is open. */
const proofs = new Map<string, string>()
const PROOFS_MOST = 200

/** The browser has the cookie that tickets are bound to: it came with the first permit of this page. */
let bound = false
let asking: Promise<unknown> | null = null

/**
 * A wall asks for sixteen permits at once. Without a cookie yet each answer would bring another one, and only the last
 * would be kept; so until one permit has come (a refusal brings none) they are asked for one after another.
 */
async function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  while (!bound && asking) await asking.catch(() => undefined)
  if (bound) return ask()
  const mine = ask()
  asking = mine
  try {
    const answer = await mine
    bound = true
    return answer
  } finally {
    asking = null
  }
}

/** Asks for a permit to see one camera. */
export async function askView(body: ViewAsked): Promise<View> {
  const { data } = await inTurn(() => call<View>('POST', '/views', { body }))
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
