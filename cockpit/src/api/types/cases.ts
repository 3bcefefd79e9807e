export type CaseState = 'open' | 'assigned' | 'handled' | 'verified' | 'closed' | 'false_alarm' | 'merged'
export type CaseAction = 'assign' | 'release' | 'handle' | 'reject' | 'verify' | 'close' | 'reopen' | 'false_alarm' | 'merge' | 'unmerge'
export type Severity = 1 | 2 | 3 | 4

export interface Assignee {
  kind: 'person' | 'organisation'
  id: string
  name: string
}

export interface CaseItem {
  id: string
  number: number
  kind: string
  severity: Severity
  state: CaseState
  subject: string
  title: string
  words: string
  source: string
  camera_id: string | null
  place: string
  region: { code: string; name: string | null }
  point: [number, number] | null
  occurrences: number
  opened_at: string
  last_at: string
  deadline_at: string | null
  overdue: boolean
  level: number
  assignee: Assignee | null
}

export interface CaseDetail extends CaseItem {
  evidence: { kind: string; id: string; at: string; got: string }[]
  first_at: string
  changed_at: string
  closed_at: string | null
  handler_id: string | null
  merged_into: string | null
  merged: string[]
  reopened: number
  reset: string
  device: string | null
  channel: string | null
  actions: CaseAction[]
}

export interface CaseStep {
  id: string
  at: string
  action: string
  before: CaseState
  after: CaseState
  by_id: string | null
  by_name: string
  unit: string
  words: string
  detail: Record<string, unknown>
  /** What the platform has to say of this step, in the reader's language. */
  said?: string
}

export interface CaseKind {
  code: string
  zh: string
  en: string
  by_hand: boolean
  four_eyes: boolean
  respond_minutes: number[]
  deadline_minutes: number[]
}

export interface CaseSummary {
  open: number
  assigned: number
  handled: number
  overdue: number
  severities: Record<string, number>
  whole: boolean
}

export interface Candidate extends Assignee {
  detail: string
}

export interface BulkDone {
  batch: string | null
  assigned: number
  left: { case: string; code: string; title: string }[]
}

interface NoticeHead {
  id: string
  at: string
  type: string
  event: string
  read_at: string | null
  path: string
  title: string
  words: string
  place: string
}

export interface CaseNotice extends NoticeHead {
  about: 'case'
  state: CaseState
  number: number
  severity: Severity
}

export interface RequestNotice extends NoticeHead {
  about: 'request'
  state: 'asked' | 'approved' | 'refused' | 'withdrawn'
}

export interface EmergencyNotice extends NoticeHead {
  about: 'emergency'
  state: 'pending' | 'justified' | 'unjustified'
}

/** Of an upper floor, which brought its own words: exemptions. */
export interface ElsewhereNotice extends NoticeHead {
  about: 'elsewhere'
}

export type InboxNotice = CaseNotice | RequestNotice | EmergencyNotice | ElsewhereNotice

export interface Unread {
  unread: number
  more: boolean
}

export type ChannelKind = 'email' | 'webhook' | 'mqtt'

export interface NoticeChannel {
  id: string
  kind: ChannelKind
  name: string
  language: 'zh' | 'en'
  regions: string[]
  to: string[] | null
  url: string | null
  topic: string | null
  enabled: boolean
  failures: number
  error: string
  down_until: string | null
  sent_at: string | null
  waiting: number
  dead: number
}

export const NOTICE_EVENTS = ['opened', 'assigned', 'handled', 'rejected', 'verified', 'closed', 'reopened', 'false_alarm', 'escalated', 'grown'] as const
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

export interface NoticeRule {
  id: string
  holder_kind: 'person' | 'organisation'
  holder_id: string
  holder_name: string
  channel_id: string | null
  channel_name: string | null
  kinds: string[]
  severity: Severity
  regions: string[]
  events: NoticeEvent[]
  quiet_from: string | null
  quiet_to: string | null
  enabled: boolean
}

export interface NoticeDelivery {
  id: string
  channel_id: string
  channel_name: string
  channel_kind: ChannelKind
  case_id: string | null
  number: number | null
  title: string | null
  type: string
  state: 'waiting' | 'sent' | 'dead'
  attempts: number
  due_at: string
  created_at: string
  settled_at: string | null
  error: string
}

export interface Recognised {
  id: string
  kind: string
  class: string
  seen_at: string
  device: string
  record: Record<string, unknown>
}

export interface DeviceAlarm {
  id: string
  at: string
  received_at: string
  priority: number | null
  method: number | null
  type: number | null
  description: string | null
}

export interface TrackPoint {
  at: string
  point: [number, number]
  speed: number | null
  direction: number | null
}
