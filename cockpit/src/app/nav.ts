import type { Permission } from '@/api/types'
import type { zh } from './text/zh'

export interface Place {
  key: 'overview' | 'cameras' | 'video' | 'health' | 'scenes' | 'cases' | 'system'
  path: string
  label: keyof typeof zh
  /** Pressed after `g`. */
  letter: string
  letterLabel: keyof typeof zh
  /** One of these lets a person in. */
  needs: readonly Permission[]
}

/** In the order of the mission's line; only what exists. */
export const PLACES: readonly Place[] = [
  { key: 'overview', path: '/', label: 'nav.overview', letter: 'o', letterLabel: 'keys.overview', needs: ['cameras.read', 'health.read', 'counts.read'] },
  { key: 'cameras', path: '/cameras', label: 'nav.cameras', letter: 'c', letterLabel: 'keys.cameras', needs: ['cameras.read'] },
  { key: 'video', path: '/video', label: 'nav.video', letter: 'v', letterLabel: 'keys.video', needs: ['pictures.view', 'recordings.read', 'pictures.register', 'grants.read'] },
  { key: 'health', path: '/health', label: 'nav.health', letter: 'h', letterLabel: 'keys.health', needs: ['health.read', 'maintenance.read'] },
  { key: 'scenes', path: '/scenes', label: 'nav.scenes', letter: 'n', letterLabel: 'keys.scenes', needs: ['scenes.read', 'compute.read', 'deployments.read', 'demands.read', 'training.write', 'traits.search'] },
  { key: 'cases', path: '/cases', label: 'nav.cases', letter: 'e', letterLabel: 'keys.cases', needs: ['cases.read'] },
  { key: 'system', path: '/system', label: 'nav.system', letter: 's', letterLabel: 'keys.system', needs: ['system.read', 'pictures.register', 'audit.read', 'people.read', 'tokens.own'] },
]

export function placesFor(permissions: readonly Permission[]): readonly Place[] {
  return PLACES.filter((place) => place.needs.some((permission) => permissions.includes(permission)))
}
