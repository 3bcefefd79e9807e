import { backoff } from './backoff'
import { BASE } from './client'

export type Topic = 'counts' | 'deployments' | 'cameras.health' | 'cases' | 'notices' | 'system'

export interface LiveMessage {
  topic: Topic
  sequence: number
  at: string
  data: unknown
}

/** The server's note that messages did not reach us; null = nobody knows how many. */
interface MissedNote {
  topic: Topic
  missed: number | null
}

/** Close code that says the session has ended: coming back is no use before a login. */
const SIGNED_OUT = 4401

export type LiveState = 'idle' | 'connecting' | 'open' | 'waiting'
type Listener = (message: LiveMessage) => void
type GapListener = (topic: Topic) => void

/** What LiveSocket needs from a WebSocket; tests give their own. */
export interface Wire {
  send(text: string): void
  close(): void
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
}

interface Ports {
  connect: () => Wire
  setTimer: (run: () => void, milliseconds: number) => unknown
  clearTimer: (timer: unknown) => void
  random: () => number
  onSignedOut: () => void
}

export function liveUrl(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${BASE}/live`
}

const browser: Ports = {
  connect: () => new WebSocket(liveUrl(window.location)),
  setTimer: (run, milliseconds) => window.setTimeout(run, milliseconds),
  clearTimer: (timer) => window.clearTimeout(timer as number),
  random: Math.random,
  onSignedOut: () => undefined,
}

/**
 * One connection for all live topics. After a break it asks for what came after the last sequence it has seen;
 * when something was missed (the server says so, or a number is skipped) the gap listeners run, and they read afresh.
 */
export class LiveSocket {
  private readonly ports: Ports
  private readonly listeners = new Map<Topic, Set<Listener>>()
  private readonly gapListeners = new Set<GapListener>()
  private readonly stateListeners = new Set<() => void>()
  private readonly seen = new Map<Topic, number>()
  private wire: Wire | null = null
  private timer: unknown = null
  private attempt = 0
  private current: LiveState = 'idle'

  constructor(ports: Partial<Ports> = {}) {
    this.ports = { ...browser, ...ports }
  }

  readonly state = (): LiveState => this.current

  readonly watchState = (listener: () => void): (() => void) => {
    this.stateListeners.add(listener)
    return () => this.stateListeners.delete(listener)
  }

  onGap(listener: GapListener): () => void {
    this.gapListeners.add(listener)
    return () => this.gapListeners.delete(listener)
  }

  subscribe(topic: Topic, listener: Listener): () => void {
    const set = this.listeners.get(topic) ?? new Set()
    const isNew = set.size === 0
    set.add(listener)
    this.listeners.set(topic, set)
    if (this.wire === null && this.timer === null) this.connect()
    else if (isNew && this.current === 'open') this.ask([topic])
    return () => {
      set.delete(listener)
      if (set.size === 0) this.listeners.delete(topic)
      if (this.listeners.size === 0) this.stop()
    }
  }

  stop(): void {
    if (this.timer !== null) this.ports.clearTimer(this.timer)
    this.timer = null
    const wire = this.wire
    this.wire = null
    if (wire) {
      wire.onclose = null
      wire.onmessage = null
      wire.close()
    }
    this.attempt = 0
    this.become('idle')
  }

  private connect(): void {
    this.timer = null
    this.become('connecting')
    const wire = this.ports.connect()
    this.wire = wire
    wire.onopen = () => {
      this.attempt = 0
      this.become('open')
      this.ask([...this.listeners.keys()])
    }
    wire.onmessage = (event) => this.receive(event.data)
    wire.onclose = (event) => {
      this.wire = null
      if (event.code === SIGNED_OUT) {
        this.become('idle')
        this.ports.onSignedOut()
        return
      }
      this.become('waiting')
      this.timer = this.ports.setTimer(() => this.connect(), backoff(this.attempt++, this.ports.random))
    }
  }

  private ask(topics: Topic[]): void {
    // One message a topic: one that is refused (a right was taken away) must not take the others with it.
    for (const topic of topics) {
      const sequence = this.seen.get(topic)
      const after = sequence === undefined ? {} : { [topic]: sequence }
      this.wire?.send(JSON.stringify({ subscribe: [topic], after }))
    }
  }

  private receive(text: unknown): void {
    const message = parse(text)
    if (!message) return
    if ('missed' in message) {
      // The next message is simply the first that is known again.
      this.seen.delete(message.topic)
      this.tellGap(message.topic)
      return
    }
    const before = this.seen.get(message.topic)
    if (before !== undefined && message.sequence === before) return // sent again after a reconnect
    const missed = before !== undefined && message.sequence !== before + 1
    this.seen.set(message.topic, message.sequence)
    if (missed) this.tellGap(message.topic)
    for (const listener of this.listeners.get(message.topic) ?? []) listener(message)
  }

  private tellGap(topic: Topic): void {
    for (const listener of this.gapListeners) listener(topic)
  }

  private become(state: LiveState): void {
    if (state === this.current) return
    this.current = state
    for (const listener of this.stateListeners) listener()
  }
}

function parse(text: unknown): LiveMessage | MissedNote | null {
  if (typeof text !== 'string') return null
  try {
    const value = JSON.parse(text) as Partial<LiveMessage & MissedNote> | null
    if (typeof value?.topic !== 'string') return null
    if (value.missed !== undefined) return { topic: value.topic, missed: value.missed }
    if (typeof value.sequence === 'number') return value as LiveMessage
  } catch {
    // a broken message is dropped; the next one carries the state again
  }
  return null
}
