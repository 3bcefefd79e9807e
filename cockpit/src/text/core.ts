/** The two languages of the page; Chinese is the first. */
export type Language = 'zh' | 'en'
export const LANGUAGES: readonly Language[] = ['zh', 'en']

/** A text both languages of which came from the server. */
export interface Bilingual {
  zh: string
  en: string
}

/** The texts of one area in both languages; `en` must have exactly the keys of `zh`. */
export interface Area<K extends string> {
  zh: Readonly<Record<K, string>>
  en: Readonly<Record<K, string>>
}

export type Values = Readonly<Record<string, string | number>>

export function area<K extends string>(
  zh: Readonly<Record<K, string>>,
  en: Readonly<Record<NoInfer<K>, string>>,
): Area<K> {
  return { zh, en }
}

/** Puts values into `{named}` placeholders; one that has no value stays visible, so the mistake is seen. */
export function fill(template: string, values: Values = {}): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : String(value)
  })
}

/** Names of the placeholders of a template, sorted. */
export function placeholders(template: string): string[] {
  return [...new Set([...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort()
}

export function asLanguage(value: string | null | undefined): Language | null {
  if (!value) return null
  const primary = value.toLowerCase().split('-')[0]
  return LANGUAGES.find((language) => language === primary) ?? null
}
