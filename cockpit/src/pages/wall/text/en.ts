import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = {
  'part.label': 'Parts of Video',
  'part.wall': 'Wall',
  'part.playback': 'Playback',
  'part.recordings': 'Recording plans',
  'part.grants': 'Grants',
  'part.register': 'Register',
  'title': 'Video wall',
}
