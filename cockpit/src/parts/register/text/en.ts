import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = {
  asked: 'Asked',
  holder: 'Holder',
  unit: 'Unit',
  camera: 'Camera',
  purpose: 'Purpose',
  seen: 'Watched',
  nothing: 'no picture',
  bytes: 'Data',
  closed: 'Ended',
  open: 'running',
  system: 'system',
  none: 'The register is empty',
  teach: 'Every viewing is written here before its first frame: who, which unit, why, and what was seen.',
}
