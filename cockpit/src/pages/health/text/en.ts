import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = {
  'part.label': 'Health',
  'part.overview': 'Overview',
  'part.sweeps': 'Sweeps',
  'part.diagnosis': 'Pictures',
  'part.records': 'Records',
  'part.maintenance': 'Maintenance',
  'part.reports': 'Reports',
  'part.assessment': 'Assessment',
  'title': 'Health',
  'note': 'Online is not playable, and playable is not intact. Every figure can be asked how it is known.',
  'states.title': 'Four states',
  'states.total': 'Cameras',
  'none': 'Your role may not see indicators; use the other pages above.',
  'empty.title': 'No cameras yet',
  'empty.text': 'Join a lower platform, import records or discover devices: sweeps start by themselves, and the indicators follow.',
  'empty.action': 'Go and join cameras',
  'checked': '{checked} of {total} checked',
}
