import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = {
  title: 'Last hours',
  'hours.1': '1 h',
  'hours.6': '6 h',
  'hours.24': '24 h',
  label: '{name}: {from} to {to}, every {minutes} min',
  unknown: 'no data',
  hollow: 'hollow: coverage under 80 %',
  tip: '{time}  {value}, coverage {coverage}',
  none: 'No observations in this time.',
  'kind.people': 'People',
  'kind.vehicles': 'Vehicles',
}
