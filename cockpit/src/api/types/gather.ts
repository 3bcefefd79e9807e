import type { Bilingual } from '@/text/core'

export type GbKind = 'device' | 'platform'
export type Transport = 'udp' | 'tcp'

/** How one device bends the standard; what is not named behaves as the standard says. */
export type Quirks = Readonly<Record<string, string | number | boolean | null>>

/** A device or lower platform that registers with us over GB/T 28181. */
export interface GbDevice {
  id: string
  code: string
  name: string
  kind: GbKind
  version: string | null
  zone: string | null
  transport: Transport | null
  host: string | null
  port: number | null
  charset: string | null
  online: boolean
  registered_at: string | null
  expires_at: string | null
  keepalive_at: string | null
  manufacturer: string | null
  model: string | null
  quirks: Quirks
  region: string
  platform_id: string | null
  has_password: boolean
  /** Device clock minus ours, seconds; null until it was asked. */
  clock_difference: number | null
  firmware: string | null
  /** Cameras behind it, as its last sync left them; null before the first. */
  cameras: number | null
  offline_reason: string | null
}

/** What a device may be asked to tell by itself. */
export type GbEvent = 'catalog' | 'alarm' | 'position'

export interface GbSubscription {
  event: GbEvent
  state: 'waiting' | 'active' | 'refused'
  error: string | null
  renewed_at: string | null
  expires_at: string | null
}

export interface GbDeviceDetail extends GbDevice {
  subscriptions: GbSubscription[]
}

export interface GbDevices {
  items: GbDevice[]
  next: string | null
  /** In the person's regions, whatever the filters. */
  total: number
  online: number
}

/** A registration that was turned away lately. */
export interface RefusedRegistration {
  code: string
  host: string
  port: number
  zone: string
  why: string
  count: number
  at: string
}

/** One thing worth a person's eye that a sync came across. */
export interface Finding extends Bilingual {
  code: string
  count: number | null
}

export type SyncState = 'waiting' | 'running' | 'complete' | 'incomplete' | 'cancelled'
/** Where a sync is in its work, or how it ended. */
export type SyncStep = 'asked' | 'waiting' | 'collecting' | 'filing' | 'complete' | 'incomplete' | 'cancelled'

export interface Sync {
  id: string
  device_id: string
  device_name: string
  device_code: string
  state: SyncState
  step: SyncStep
  asked_at: string
  started_at: string | null
  finished_at: string | null
  /** How many items the platform says it has; null before its first answer. */
  expected: number | null
  received: number
  added: number
  changed: number
  /** Cameras that came back after they had vanished. */
  returned: number
  /** Said to be deleted by the platform itself. */
  deleted: number
  vanished: number
  /** Queries sent. */
  attempt: number
  /** When the next query goes out, while it waits for that. */
  due_at: string | null
  /** 0..1; null while nobody can say. */
  progress: number | null
  remaining_seconds: number | null
  findings: Finding[]
}

export interface VanishedCamera {
  id: string
  code: string | null
  name: string
  region: { code: string; name: string } | null
  platform: { id: string; name: string } | null
  vanished_at: string
}

/** What was archived together and can be brought back together. */
export interface Archived {
  archived: number
  undo: string | null
}

export interface PtzLock {
  holder: { id: string; name: string; organisation: string } | null
  seconds_left: number | null
  mine: boolean
}

export interface Preset {
  number: number
  name: string | null
}

export interface DeviceStatus {
  online: boolean | null
  status: string | null
  encode: string | null
  record: string | null
  device_time: string | null
  clock_difference: number | null
  asked_at: string
}

export interface RecordItem {
  name: string | null
  start: string
  end: string
  kind: string | null
  bytes: number | null
}

export interface Alarm {
  id: string
  at: string
  priority: number | null
  method: number | null
  description: string | null
  camera_id: string | null
}

/** One step of opening a picture, in the order they happen. */
export interface DiagnosisStep {
  code: string
  name: string
  state: 'ok' | 'failed' | 'unknown' | 'skipped'
  detail: string | null
}

export interface Diagnosis {
  finding: Bilingual & { code: string; next: Bilingual }
  ladder: { at: string; direction: 'in' | 'out'; line: string }[]
  sdp: { offer: string | null; answer: string | null }
  rtp: {
    packets: number
    lost: number
    reordered: number
    bytes: number
    ssrc_expected: string | null
    ssrc_seen: string | null
  } | null
  decoder: { errors: number; words: string | null } | null
  last_good_at: string | null
  steps: DiagnosisStep[]
}

/** A device that answered when the network was asked, or was read by its address. */
export interface OnvifDevice {
  address: string
  name: string | null
  hardware: string | null
  location: string | null
  /** The camera it was joined as. */
  camera_id: string | null
}

export interface OnvifProfile {
  token: string
  name: string | null
  source: string | null
  codec: string | null
  width: number | null
  height: number | null
  ptz: boolean
}

export interface OnvifLook {
  manufacturer: string | null
  model: string | null
  profiles: OnvifProfile[]
}

/** A series of pictures a device was asked for. */
export interface Snapshot {
  id: string
  state: 'asked' | 'done' | 'partial' | 'failed'
  wanted: number
  received: number
  created_at: string
  /** Paths of the pictures that have come. */
  pictures: string[]
}

/** What a platform reported about a camera, beside what people made of it. */
export interface Reported {
  device_id: string
  device_code: string
  code: string
  parent: string | null
  /** As reported; ON does not prove that it works. */
  status: string | null
  status_at: string | null
  record_at: string | null
  vanished_at: string | null
  deleted_at: string | null
  fields: Record<string, string>
  /** Columns people changed, which reports leave alone. */
  edited: string[]
}

/** A device or platform that sends what it recognised, over GA/T 1400. */
export interface ViidDevice {
  code: string
  name: string
  region: string
  url: string | null
  has_password: boolean
  online: boolean
  address: string | null
  registered_at: string | null
  keepalive_at: string | null
  /** Recognised and counted since it was put on file. */
  objects: number
  camera_id: string | null
}
