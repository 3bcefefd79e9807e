import type { AreaPart } from '@/parts/AreaNav'
import type { HealthKey } from './text'

/** The sub-pages of Health in the order of the work: how it stands, what is found, what is mended, what is told. */
export const AREAS: readonly (AreaPart & { label: HealthKey })[] = [
  { path: '/health', label: 'part.overview', needs: ['health.read', 'maintenance.read'] },
  { path: '/health/sweeps', label: 'part.sweeps', needs: ['health.read'] },
  { path: '/health/diagnosis', label: 'part.diagnosis', needs: ['health.read'] },
  { path: '/health/records', label: 'part.records', needs: ['cameras.read'] },
  { path: '/health/maintenance', label: 'part.maintenance', needs: ['maintenance.read'] },
  { path: '/health/assessment', label: 'part.assessment', needs: ['health.read'] },
  { path: '/health/exemptions', label: 'part.exemptions', needs: ['health.read'] },
  { path: '/health/reports', label: 'part.reports', needs: ['health.read'] },
]
