import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clockWord } from '@/pages/gather/clock'
import { deviceChanges } from '@/pages/gather/DeviceForm'
import { ownAddresses } from '@/pages/gather/own'
import { keptQuirks, QUIRKS, sameQuirks } from '@/pages/gather/quirks'
import type { GbDeviceDetail, Process } from '@/api/types'

const plain = Object.fromEntries(QUIRKS.map((one) => [one.name, one.plain]))
const device = { code: '45010000002000000001', name: '南宁平台', kind: 'platform', quirks: { tcp_only: true }, region: '4501', subscriptions: [{ event: 'catalog' }] } as unknown as GbDeviceDetail

describe('quirks', () => {
  it('are those the platform knows, with its words and defaults', () => {
    const source = readFileSync('../src/commonsight/connect/gb28181/model.py', 'utf8')
    const body = /class Quirks:[\s\S]*?\n    @classmethod/.exec(source)?.[0] ?? ''
    const fields = [...body.matchAll(/^ {4}(\w+): (bool|int|str|Literal\[(.*)\]) = (.+)$/gm)]
    expect(QUIRKS.map(({ name }) => name)).toEqual(fields.map(([, name]) => name))
    for (const [, name, kind, words, plain] of fields) {
      const spec = QUIRKS.find((one) => one.name === name)
      if (words !== undefined) expect([name, spec?.choices]).toEqual([name, words.split(', ').map((word) => word.replaceAll('"', ''))])
      if (kind === 'bool') expect([name, spec?.plain]).toEqual([name, plain === 'True'])
    }
  })

  it('keep only what differs from an ordinary device', () => {
    expect(keptQuirks(plain, {})).toEqual({})
    expect(keptQuirks({ ...plain, tcp_only: true, charset: 'UTF-8' }, {})).toEqual({ tcp_only: true, charset: 'UTF-8' })
  })

  it('go back to the default when it is chosen again', () => {
    expect(keptQuirks({ ...plain, tcp_only: false }, { tcp_only: true })).toEqual({})
  })

  it('keep what a newer platform knows and this page does not', () => {
    expect(keptQuirks(plain, { from_the_future: 7 })).toEqual({ from_the_future: 7 })
  })

  it('are compared by value, not by order', () => {
    expect(sameQuirks({ a: 1, b: true }, { b: true, a: 1 })).toBe(true)
    expect(sameQuirks({ a: 1 }, {})).toBe(false)
  })
})

describe('what is sent about a device', () => {
  it('is everything for a new one', () => {
    expect(deviceChanges(null, { kind: 'device', code: ' 45010000001320000001 ', name: ' 门口 ', password: 'x', quirks: plain })).toEqual({
      code: '45010000001320000001', kind: 'device', name: '门口', password: 'x', subscriptions: [],
    })
  })

  it('is only what was changed for one on file', () => {
    const fields = { kind: 'platform' as const, subscriptions: ['catalog' as const], code: device.code, name: device.name, quirks: { ...plain, tcp_only: true } }
    expect(deviceChanges(device, fields)).toEqual({})
    expect(deviceChanges(device, { ...fields, name: '新名' })).toEqual({ name: '新名' })
    expect(deviceChanges(device, { ...fields, quirks: plain })).toEqual({ quirks: {} })
  })
})

describe('a device’s clock', () => {
  it.each([
    [0.4, 'clock.same', false],
    [-1.9, 'clock.same', false],
    [5, 'clock.ahead', false],
    [-5, 'clock.behind', false],
    [3600, 'clock.ahead', true],
    [-28_800, 'clock.behind', true],
  ] as const)('%d s off is %s', (seconds, word, warn) => {
    expect(clockWord(seconds)).toEqual({ word, by: Math.abs(seconds), warn })
  })
})

describe('what a device must be told about us', () => {
  const sip = (detail: Record<string, unknown> | null): Process[] => [{ name: 'sip-1', kind: 'sip', pid: 1, state: 'running', started_at: null, seen_at: null, detail }]

  it('comes from what the signalling process says of itself', () => {
    const own = ownAddresses(sip({
      id: '45000000002000000001',
      zones: [{ name: 'police', host: '0.0.0.0', port: 5060, advertised: '10.1.1.1' }, { name: 'local', host: '127.0.0.1', port: 5061 }],
    }))
    expect(own).toEqual({
      id: '45000000002000000001', domain: '4500000000',
      zones: [{ name: 'police', address: '10.1.1.1', port: 5060, loopback: false }, { name: 'local', address: '127.0.0.1', port: 5061, loopback: true }],
    })
  })

  it('is unknown when no such process runs or it says nothing', () => {
    expect(ownAddresses([])).toBeNull()
    expect(ownAddresses(sip(null))).toBeNull()
    expect(ownAddresses(sip({ signalling: 'unix:/x' }))).toBeNull()
  })
})
