import { useMemo } from 'react'
import { useLanguage } from './language'
import type { Language } from './core'

/** Times are stored in UTC; the page shows the region's zone. */
export const ZONE = 'Asia/Shanghai'
/** What stands where a figure is unknown: never a zero. */
export const UNKNOWN = '—'

export interface Format {
  number: (value: number | null | undefined, digits?: number) => string
  percent: (share: number | null | undefined, digits?: number) => string
  dateTime: (iso: string | number | Date | null | undefined) => string
  time: (iso: string | number | Date | null | undefined, seconds?: boolean) => string
  day: (iso: string | number | Date) => string
  bytes: (value: number | null | undefined) => string
  seconds: (value: number | null | undefined) => string
  ago: (iso: string | null | undefined, now?: number) => string
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export function format(language: Language): Format {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB'
  const numbers = new Map<number, Intl.NumberFormat>()
  const number = (digits: number) => {
    let one = numbers.get(digits)
    if (!one) {
      one = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
      numbers.set(digits, one)
    }
    return one
  }
  const dates = new Intl.DateTimeFormat(locale, {
    timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  })
  const days = new Intl.DateTimeFormat(locale, { timeZone: ZONE, month: 'long', day: 'numeric', weekday: 'short' })
  const minutes = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const clocks = new Intl.DateTimeFormat(locale, {
    timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value)

  return {
    number: (value, digits = 0) => (value == null ? UNKNOWN : number(digits).format(value)),
    percent: (share, digits = 1) => (share == null ? UNKNOWN : `${number(digits).format(share * 100)}%`),
    dateTime: (iso) => (iso == null ? UNKNOWN : dates.format(new Date(iso))),
    time: (iso, seconds = false) => (iso == null ? UNKNOWN : (seconds ? clocks : minutes).format(new Date(iso))),
    day: (iso) => days.format(new Date(iso)),
    bytes: (value) => {
      if (value == null) return UNKNOWN
      const step = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3))
      return `${number(step > 1 ? 1 : 0).format(value / 1000 ** step)} ${UNITS[step] ?? ''}`
    },
    seconds: (value) => {
      if (value == null) return UNKNOWN
      if (value < 60) return unit(value, 'second', value < 10 ? 1 : 0)
      if (value < 3600) return unit(Math.floor(value / 60), 'minute')
      if (value < 86_400) return `${unit(Math.floor(value / 3600), 'hour')} ${unit(Math.floor((value % 3600) / 60), 'minute')}`
      return `${unit(Math.floor(value / 86_400), 'day')} ${unit(Math.floor((value % 86_400) / 3600), 'hour')}`
    },
    ago: (iso, now = Date.now()) => {
      if (!iso) return UNKNOWN
      const seconds = Math.round((new Date(iso).getTime() - now) / 1000)
      const distance = Math.abs(seconds)
      if (distance < 60) return relative.format(seconds, 'second')
      if (distance < 3600) return relative.format(Math.round(seconds / 60), 'minute')
      if (distance < 86_400) return relative.format(Math.round(seconds / 3600), 'hour')
      return relative.format(Math.round(seconds / 86_400), 'day')
    },
  }
}

const made: Partial<Record<Language, Format>> = {}

export function useFormat(): Format {
  const { language } = useLanguage()
  return useMemo(() => (made[language] ??= format(language)), [language])
}
