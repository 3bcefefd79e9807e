import { describe, expect, it, vi } from 'vitest'
import { backoff } from '@/api/backoff'
import { LiveSocket, liveUrl, type LiveMessage, type Wire } from '@/api/live'

class FakeWire implements Wire {
  sent: unknown[] = []
  closed = false
  onopen: Wire['onopen'] = null
  onmessage: Wire['onmessage'] = null
  onclose: Wire['onclose'] = null
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.closed = true
  }
  open() {
    this.onopen?.(new Event('open'))
  }
  say(message: object) {
    this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }))
  }
  break(code = 1006) {
    this.onclose?.(new CloseEvent('close', { code }))
  }
}

function setUp() {
  const wires: FakeWire[] = []
  const timers: (() => void)[] = []
  const onSignedOut = vi.fn()
  const socket = new LiveSocket({
    connect: () => {
      const wire = new FakeWire()
      wires.push(wire)
      return wire
    },
    setTimer: (run) => timers.push(run),
    clearTimer: () => undefined,
    random: () => 0.5,
    onSignedOut,
  })
  const heard: number[] = []
  const stop = socket.subscribe('counts', ({ sequence }: LiveMessage) => heard.push(sequence))
  return { socket, wires, timers, heard, stop, onSignedOut }
}
const counts = (sequence: number) => ({ topic: 'counts', sequence, at: '2026-01-01T00:00:00Z', data: {} })

describe('LiveSocket', () => {
  it('asks for a topic once it is open', () => {
    const { wires, heard } = setUp()
    wires[0]?.open()
    expect(wires[0]?.sent).toEqual([{ subscribe: ['counts'], after: {} }])
    wires[0]?.say(counts(7))
    expect(heard).toEqual([7])
  })

  it('goes on after the last sequence when the connection breaks', () => {
    const { wires, timers, heard } = setUp()
    wires[0]?.open()
    wires[0]?.say(counts(7))
    wires[0]?.break()
    timers[0]?.()
    wires[1]?.open()
    expect(wires[1]?.sent).toEqual([{ subscribe: ['counts'], after: { counts: 7 } }])
    wires[1]?.say(counts(7))
    wires[1]?.say(counts(8))
    expect(heard).toEqual([7, 8])
  })

  it('tells when messages were missed, by a note or by a skipped number', () => {
    const { socket, wires } = setUp()
    const gaps: string[] = []
    socket.onGap((topic) => gaps.push(topic))
    wires[0]?.open()
    wires[0]?.say(counts(7))
    wires[0]?.say(counts(10))
    expect(gaps).toEqual(['counts'])
    wires[0]?.say({ topic: 'counts', missed: null })
    wires[0]?.say(counts(9000))
    expect(gaps).toEqual(['counts', 'counts'])
  })

  it('does not come back into a session that ended', () => {
    const { wires, timers, onSignedOut } = setUp()
    wires[0]?.open()
    wires[0]?.break(4401)
    expect(onSignedOut).toHaveBeenCalledOnce()
    expect(timers).toHaveLength(0)
  })

  it('closes when nobody listens any more', () => {
    const { socket, wires, stop } = setUp()
    wires[0]?.open()
    stop()
    expect(wires[0]?.closed).toBe(true)
    expect(socket.state()).toBe('idle')
  })

  it('survives what it does not understand', () => {
    const { wires, heard } = setUp()
    wires[0]?.open()
    wires[0]?.onmessage?.(new MessageEvent('message', { data: 'x' }))
    wires[0]?.say({ error: { code: 'http.invalid' } })
    expect(heard).toEqual([])
  })

  it('stays on the page’s own host', () => {
    expect(liveUrl({ protocol: 'https:', host: 'video.example' })).toBe('wss://video.example/api/v1/live')
    expect(liveUrl({ protocol: 'http:', host: '127.0.0.1:8600' })).toBe('ws://127.0.0.1:8600/api/v1/live')
  })
})

describe('backoff', () => {
  it('grows, is spread, and has a ceiling', () => {
    expect(backoff(0, () => 0)).toBeLessThan(backoff(3, () => 0))
    expect(backoff(3, () => 0)).toBeLessThan(backoff(3, () => 1))
    expect(backoff(1000, () => 1)).toBeLessThanOrEqual(25_000)
  })
})
