import type { Bilingual, Language } from '@/text/core'

export type Permission =
  | 'me.read' | 'me.write' | 'me.password' | 'me.factor'
  | 'cameras.read' | 'cameras.write' | 'pictures.view' | 'pictures.register' | 'health.read' | 'health.write'
  | 'counts.read' | 'analysis.write' | 'scenes.read' | 'incidents.write' | 'training.write'
  | 'compute.read' | 'compute.write' | 'deployments.read' | 'deployments.write' | 'demands.read' | 'demands.write'
  | 'traits.search' | 'people.read' | 'people.write' | 'tokens.own' | 'audit.read'
  | 'system.read' | 'places.read'
  | 'gather.read' | 'gather.write' | 'pictures.control' | 'cameras.convert'
  | 'grants.request' | 'grants.read' | 'grants.write' | 'pictures.export' | 'recordings.read' | 'recordings.write'
  | 'shares.read' | 'shares.write' | 'cases.read' | 'cases.write' | 'notices.write'
  | 'maintenance.read' | 'maintenance.write' | 'maintenance.do' | 'exemptions.write' | 'exemptions.approve'

export interface RegionName {
  code: string
  name: string
}

export interface Me {
  id: string
  name: string
  display_name: string
  organisation: string
  roles: string[]
  permissions: Permission[]
  regions: RegionName[]
  language: Language
  must_change_password: boolean
  /** What this session owes before anything else: an authenticator to set up, or its code. */
  factor_owed: 'enrol' | 'code' | null
}

export interface Person {
  id: string
  name: string
  display_name: string
  organisation: string
  roles: string[]
  regions: string[]
  language: Language
  active: boolean
  must_change_password: boolean
  created_at: string
  updated_at: string
}

export interface NamedCode extends Bilingual {
  code: string
}

export interface Role extends NamedCode {
  permissions: NamedCode[]
}

/** An API token without its secret. */
export interface Token {
  id: string
  name: string
  /** Last four characters of the secret. */
  hint: string
  permissions: string[]
  created_at: string
  expires_at: string
  used_at: string | null
}

export interface AuditEntry {
  id: string
  at: string
  actor_id: string | null
  actor_name: string
  action: string
  subject_kind: string
  subject_id: string | null
  subject_name: string | null
  address: string | null
  detail: Record<string, unknown>
}

export interface Region extends RegionName {
  level: number
  parent: string | null
  children: number
}
