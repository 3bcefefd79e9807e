import type { CameraChoice, Grant, Limits } from '@/api/grants'
import type { Format } from '@/text/format'
import type { Values } from '@/text/core'
import type { GrantsKey } from './text'
import { zh } from './text/zh'

export type Say = (key: GrantsKey, values?: Values) => string
export type SayTag = (tag: string) => string

/** A choice of cameras in a few words. */
export function choiceWords(t: Say, tag: SayTag, choice: CameraChoice): string {
  const places = [
    choice.everything && t('choice.everything'),
    choice.regions?.length && t('choice.regions', { list: choice.regions.join('、') }),
    choice.groups?.length && t('choice.groups', { n: choice.groups.length }),
    choice.polygon && t('choice.polygon'),
    choice.cameras?.length && t('choice.cameras', { n: choice.cameras.length }),
  ].filter(Boolean)
  const tags = choice.tags?.length ? t('choice.tags', { list: choice.tags.map(tag).join('、') }) : null
  return [places.length > 0 ? places.join(' + ') : t('choice.everything'), tags].filter(Boolean).join('；')
}

export function limitWords(t: Say, limits: Limits): string {
  const words = [
    limits.mask && t('limits.mask', { mask: t(`mask.${limits.mask}`) }),
    limits.minutes && t('limits.minutes', { n: limits.minutes }),
    limits.resolution && t('limits.resolution', { n: limits.resolution }),
    limits.fps && t('limits.fps', { n: limits.fps }),
  ].filter(Boolean)
  return words.length > 0 ? words.join('，') : t('limits.none')
}

type Timed = Pick<Grant, 'starts_at' | 'expires_at' | 'hours'>

export function whenWords(t: Say, f: Format, { starts_at, expires_at, hours }: Timed, now = Date.now()): string {
  const words = [
    new Date(starts_at).getTime() > now ? t('when.from', { start: f.dateTime(starts_at) }) : null,
    expires_at === null ? t('when.forever') : t('when.until', { end: f.dateTime(expires_at) }),
    hours ? t('when.hours', { from: hours.from, to: hours.to }) : null,
    hours && hours.days.length < 7 ? t('when.days', { days: hours.days.map((day) => t(`day.${day}` as GrantsKey)).join('').trim() }) : null,
  ]
  return words.filter(Boolean).join('，')
}

/** A role by its name; people and organisations are named already. */
export function holderWords(t: Say, { holder_kind: kind, holder, holder_name: name }: Pick<Grant, 'holder_kind' | 'holder' | 'holder_name'>): string {
  const key = `role.${holder}`
  const shown = kind === 'role' && key in zh ? t(key as GrantsKey) : name
  return kind === 'person' ? shown : `${shown}（${t(`holder.${kind}`)}）`
}

/** Whether anything is chosen at all. */
export const chosen = (choice: CameraChoice): boolean =>
  Boolean(choice.everything ?? choice.polygon ?? (choice.regions?.length || choice.groups?.length || choice.tags?.length || choice.cameras?.length))

/** Only what is said, as the platform takes it. */
export function said(choice: CameraChoice): CameraChoice {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value))))
}
