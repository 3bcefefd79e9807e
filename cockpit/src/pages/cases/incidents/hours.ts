import type { RuleBody } from '@/api/incidents'
import type { IncidentsKey } from './text'

/** When a rule holds, as it is read: the days only where it is not all of them. */
export function hoursOf(say: (key: IncidentsKey) => string, one: RuleBody): string {
  if (!one.hours) return say('rule.always')
  const days = one.hours.days.length === 7 ? '' : ` ${one.hours.days.map((day) => say(`day.${day}` as IncidentsKey)).join(' ')}`
  return `${one.hours.begin}–${one.hours.end}${days}`
}
