import type { Quirks } from '@/api/types'
import type { GatherKey } from './text'

export type QuirkValue = string | number | boolean

interface Spec {
  name: string
  label: GatherKey
  /** What an ordinary device does; only what differs is kept. */
  plain: QuirkValue
  choices?: readonly string[]
  range?: readonly [number, number]
}

/** The ways devices are known to bend the standard, in the order they are asked for. */
export const QUIRKS: readonly Spec[] = [
  { name: 'digest', label: 'quirk.digest', plain: 'auto', choices: ['auto', 'md5', 'sm3'] },
  { name: 'qop', label: 'quirk.qop', plain: true },
  { name: 'keepalive_seconds', label: 'quirk.keepalive_seconds', plain: 60, range: [5, 3600] },
  { name: 'keepalive_misses', label: 'quirk.keepalive_misses', plain: 3, range: [1, 20] },
  { name: 'any_host', label: 'quirk.any_host', plain: false },
  { name: 'tcp_only', label: 'quirk.tcp_only', plain: false },
  { name: 'large_by_tcp', label: 'quirk.large_by_tcp', plain: true },
  { name: 'charset', label: 'quirk.charset', plain: '', choices: ['', 'GB18030', 'GB2312', 'UTF-8'] },
  { name: 'iframe', label: 'quirk.iframe', plain: '', choices: ['', 'IFameCmd', 'IFrameCmd'] },
  { name: 'snapshot', label: 'quirk.snapshot', plain: 'DeviceConfig', choices: ['DeviceConfig', 'DeviceControl'] },
  { name: 'subject', label: 'quirk.subject', plain: 'ssrc', choices: ['ssrc', 'zero'] },
  { name: 'clock', label: 'quirk.clock', plain: 'region', choices: ['region', 'utc', 'wall'] },
  { name: 'system', label: 'quirk.system', plain: 'WGS-84', choices: ['WGS-84', 'GCJ-02', 'BD-09'] },
  { name: 'alarm_answer', label: 'quirk.alarm_answer', plain: true },
  { name: 'redirect', label: 'quirk.redirect', plain: '' },
  { name: 'redirect_for_good', label: 'quirk.redirect_for_good', plain: false },
]

/** Label of a quirk; one that this page does not know yet is shown by its name. */
export const quirkLabel = (say: (key: GatherKey) => string, name: string): string => {
  const spec = QUIRKS.find((one) => one.name === name)
  return spec ? say(spec.label) : name
}

/** What is kept of a form that shows every quirk: only what differs from an ordinary device, in the order asked. */
export function keptQuirks(shown: Readonly<Record<string, unknown>>, before: Quirks): Quirks {
  const known = new Set(QUIRKS.map(({ name }) => name))
  // What a newer platform knows and this page does not goes back as it came.
  const kept: Record<string, QuirkValue | null> = Object.fromEntries(Object.entries(before).filter(([name]) => !known.has(name)))
  for (const { name, plain } of QUIRKS) {
    const value = name in shown ? shown[name] : before[name]
    if (typeof value !== typeof plain || value === plain) continue
    kept[name] = value as QuirkValue
  }
  return kept
}

export function sameQuirks(one: Quirks, other: Quirks): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => one[name] === other[name])
}
