import type { Health } from '@/api/types'

/** One set of tokens, two moods: the cockpit is read from five metres in the dark, the desk is worked at in the light. */
export type Mood = 'cockpit' | 'desk'

export type Tokens = {
  ground: string
  panel: string
  raised: string
  line: string
  lineStrong: string
  text: string
  textMuted: string
  textFaint: string
  accent: string
  accentText: string
  accentSoft: string
  works: string
  bad: string
  offline: string
  unknown: string
  people: string
  vehicles: string
  land: string
  landLine: string
  sea: string
}

export const TOKENS: Record<Mood, Tokens> = {
  cockpit: {
    ground: '#0a0f15',
    panel: '#10171f',
    raised: '#172029',
    line: '#1f2a35',
    lineStrong: '#31404f',
    text: '#e8eef4',
    textMuted: '#9fb0c0',
    textFaint: '#7d8fa0',
    accent: '#5ab0f2',
    accentText: '#06121d',
    accentSoft: '#15293b',
    works: '#2fb392',
    bad: '#e8b13a',
    offline: '#f0684a',
    unknown: '#8795a3',
    people: '#5ab0f2',
    vehicles: '#b79cf0',
    land: '#141e28',
    landLine: '#33475a',
    sea: '#0a0f15',
  },
  desk: {
    ground: '#f4f6f8',
    panel: '#ffffff',
    raised: '#f8fafb',
    line: '#e2e7ec',
    lineStrong: '#c5ced7',
    text: '#14202b',
    textMuted: '#4e5f6e',
    textFaint: '#5c6a77',
    accent: '#1767ad',
    accentText: '#ffffff',
    accentSoft: '#e6f0f9',
    works: '#0b7d60',
    bad: '#a66a00',
    offline: '#c2371a',
    unknown: '#6b7885',
    people: '#1f77c0',
    vehicles: '#7a55c7',
    land: '#ffffff',
    landLine: '#b9c5d0',
    sea: '#e9eef2',
  },
}

export const FONT =
  '"Inter","PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",system-ui,sans-serif'

export const HEALTH_COLOUR: Record<Health, keyof Tokens> = {
  works: 'works',
  bad: 'bad',
  offline: 'offline',
  unknown: 'unknown',
}

/** `#rrggbb` as the numbers WebGL layers take. */
export function rgb(hex: string, alpha = 255): [number, number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255, alpha]
}

/** A colour mixed into another: `share` of the first, 0..1, both and the result `#rrggbb`. */
export function mix(one: string, other: string, share: number): string {
  const [from, to] = [rgb(one), rgb(other)]
  const channel = (index: 0 | 1 | 2) => Math.round(from[index] * share + to[index] * (1 - share)).toString(16).padStart(2, '0')
  return `#${channel(0)}${channel(1)}${channel(2)}`
}

/** Relative luminance contrast of two `#rrggbb` colours (WCAG 2), 1..21. */
export function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [r, g, b] = rgb(hex).slice(0, 3).map((channel) => {
      const share = channel / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0)
  }
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}
