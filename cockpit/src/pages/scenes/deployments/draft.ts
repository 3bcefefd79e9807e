import type { Deployment, DeploymentBody, Shift, ShiftBody, Wanted } from '@/api/deployments'
import { hoursAfter } from '@/pages/maintenance/days'

const SHIFT_HOURS = 8

/** A deployment nobody has written yet: tomorrow, for a day. */
export function empty(now = new Date()): DeploymentBody {
  const start = hoursAfter(now, 24)
  start.setUTCMinutes(0, 0, 0)
  return {
    name: '', purpose: '', place: '', starts_at: start.toISOString(), ends_at: hoursAfter(start, 24).toISOString(), cameras: {}, scenes: [],
    shifts: [], factor: 3, capacity: null, notes: '',
  }
}

/** What is there, as it is written anew. */
export function bodyOf(one: Deployment): DeploymentBody {
  const { name, purpose, place, starts_at, ends_at, choice, scenes, shifts, factor, capacity, notes } = one
  return { name, purpose, place, starts_at, ends_at, cameras: choice, scenes, shifts: shifts.map(plain), factor, capacity, notes }
}

const plain = ({ person, from, to, role }: Shift): ShiftBody => ({ person, from, to, role })

/** The shift after the last one: it begins where that one ends, and ends with the period at the latest. */
export function nextShift({ shifts, starts_at, ends_at }: Pick<DeploymentBody, 'shifts' | 'starts_at' | 'ends_at'>): ShiftBody {
  const last = shifts.reduce((latest, one) => (one.to > latest ? one.to : latest), starts_at)
  const from = last < ends_at ? last : starts_at
  const until = hoursAfter(new Date(from), SHIFT_HOURS).toISOString()
  return { person: '', from, to: until < ends_at ? until : ends_at, role: '' }
}

/** A scene with one threshold set, or, for `undefined`, as on other days again. */
export function withSetting(one: Wanted, code: string, value: number | undefined): Wanted {
  const rest = Object.entries(one.settings).filter(([key]) => key !== code)
  return { ...one, settings: Object.fromEntries(value === undefined ? rest : [...rest, [code, value]]) }
}

/** Whether it says enough to be checked by the platform. */
export const ready = (body: DeploymentBody): boolean =>
  body.name.trim() !== '' && body.scenes.length > 0 && body.starts_at < body.ends_at && body.shifts.every((one) => one.person !== '')
