import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = {
  'part.label': 'Scenes',
  'part.scenes': 'Scenes',
  'part.visitors': 'Visitors',
  'part.deployments': 'Deployments',
  'part.demands': 'Needs',
  'part.compute': 'Compute',
  'part.training': 'Samples and models',
  'part.search': 'Attribute search',
  'title': 'Scenes',
  'note': 'One scene watches for one kind of thing. Each says what it needs, how accurate it is, and when not to believe it.',
}
