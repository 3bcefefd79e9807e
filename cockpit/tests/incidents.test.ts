import { describe, expect, it } from 'vitest'
import type { RuleBody } from '@/api/incidents'
import { hoursOf } from '@/pages/cases/incidents/hours'
import { incidentsText, type IncidentsKey } from '@/pages/cases/incidents/text'
import { trainingText } from '@/pages/scenes/training/text'

const say = (key: IncidentsKey): string => incidentsText.zh[key]
const rule = (hours: RuleBody['hours']): RuleBody => ({
  scene: '', incident: '', region: '', hours, quiet: true, organisation_id: null, acknowledge_minutes: null, close_minutes: null, note: '',
})

describe('the hours of a rule', () => {
  it('says the days only where it is not all of them', () => {
    expect(hoursOf(say, rule(null))).toBe('全天')
    expect(hoursOf(say, rule({ begin: '22:00', end: '06:00', days: [1, 2, 3, 4, 5, 6, 7] }))).toBe('22:00–06:00')
    expect(hoursOf(say, rule({ begin: '08:00', end: '12:00', days: [6, 7] }))).toBe('08:00–12:00 六 日')
  })
})

describe('what was not measured', () => {
  it('has words for an interval that crosses zero, in both languages', () => {
    expect(trainingText.zh['gain.unsure']).not.toBe('')
    expect(trainingText.en['gain.unsure']).toContain('zero')
  })
})
