import type { DemandBody, DemandItem, DemandState } from '@/api/demands'
import { hoursAfter } from '@/pages/maintenance/days'

const DAY_HOURS = 24
const PERCENT = 100

/** A need nobody has filed yet: from tomorrow, for a week. */
export function empty(scene = '', now = new Date()): DemandBody {
  const start = hoursAfter(now, DAY_HOURS)
  start.setUTCMinutes(0, 0, 0)
  return {
    title: '', scene, region: '', points: [], cameras: {}, starts_at: start.toISOString(), ends_at: hoursAfter(start, 7 * DAY_HOURS).toISOString(), hours: null,
    error_most: null, reason: '', contact: '',
  }
}

/** Whether it says enough to be filed. */
export const ready = (body: DemandBody, chosen: boolean): boolean =>
  body.title.trim() !== '' && body.scene !== '' && body.region !== '' && body.reason.trim() !== '' && (body.points.length > 0 || chosen) && (body.ends_at === null || body.starts_at < body.ends_at)

/** What a list calls the state: a need whose time is over waits to be reviewed. */
export const shownState = ({ state, stopped_at: stopped }: Pick<DemandItem, 'state' | 'stopped_at'>): DemandState | 'stopped' =>
  state === 'running' && stopped !== null ? 'stopped' : state

/** Percent as a person types them, as a share; nothing typed: no matter. */
export const shareOf = (percent: number | null): number | null => (percent === null ? null : percent / PERCENT)
export const percentOf = (share: number | null): number | null => (share === null ? null : Math.round(share * PERCENT * 10) / 10)
