import type { AreaPart } from '@/parts/AreaNav'
import type { ScenesKey } from './text'

/** The sub-pages of Scenes in the order of the work: what can be seen, where it is used, on what compute. Only what exists. */
export const AREAS: readonly (AreaPart & { label: ScenesKey })[] = [
  { path: '/scenes', label: 'part.scenes', needs: ['scenes.read'] },
  { path: '/scenes/visitors', label: 'part.visitors', needs: ['scenes.read'] },
  { path: '/scenes/deployments', label: 'part.deployments', needs: ['deployments.read'] },
  { path: '/scenes/demands', label: 'part.demands', needs: ['demands.read'] },
  { path: '/scenes/compute', label: 'part.compute', needs: ['compute.read'] },
  { path: '/scenes/training', label: 'part.training', needs: ['training.write'] },
  { path: '/scenes/search', label: 'part.search', needs: ['traits.search'] },
]
