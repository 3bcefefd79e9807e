import type { Values } from '@/text/core'
import type { DeploymentsKey } from './text'

type Say = (key: DeploymentsKey, values?: Values) => string

const KNOWN = ['drawn', 'ground', 'taken', 'scene'] as const

/** Why a scene could not be put onto a camera, in words. */
export function missingWords(t: Say, one: { scene: string; what: string }, name: (scene: string) => string): string {
  const what = KNOWN.find((known) => known === one.what)
  const scene = name(one.scene)
  return what ? t(`camera.missing.${what}`, { scene }) : t('camera.missing.other', { scene, what: one.what })
}
