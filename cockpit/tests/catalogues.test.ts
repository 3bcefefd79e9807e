import { describe, expect, it } from 'vitest'
import { asLanguage, fill, placeholders } from '@/text/core'

type Catalogue = Record<string, string>
const modules = import.meta.glob<Record<string, Catalogue>>('../src/**/text/{zh,en}.ts', { eager: true })
const areas = [...new Set(Object.keys(modules).map((path) => path.replace(/\/(zh|en)\.ts$/, '')))]
const load = (area: string, language: string): Catalogue => modules[`${area}/${language}.ts`]?.[language] ?? {}

describe.each(areas)('catalogue %s', (area) => {
  const [zh, en] = [load(area, 'zh'), load(area, 'en')]

  it('has the same keys in both languages', () => {
    expect(Object.keys(zh).length).toBeGreaterThan(0)
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })

  it('takes the same values in both languages', () => {
    for (const key of Object.keys(zh)) expect([key, placeholders(en[key] ?? '')]).toEqual([key, placeholders(zh[key] ?? '')])
  })

  it('is written in its language', () => {
    for (const [key, text] of Object.entries(en)) {
      // Names of languages, and examples of what people type, stay in their own script.
      if (!key.startsWith('language.') && !text.includes('“青秀区”')) expect([key, /[\u4e00-\u9fff]/.test(text)]).toEqual([key, false])
    }
  })
})

describe('fill', () => {
  it('puts values in and leaves what has none visible', () => {
    expect(fill('{n} of {total}', { n: 3 })).toBe('3 of {total}')
    expect(fill('{n}', { n: 0 })).toBe('0')
  })
})

describe('asLanguage', () => {
  it('knows the two languages by any of their tags', () => {
    expect(asLanguage('zh-CN')).toBe('zh')
    expect(asLanguage('EN')).toBe('en')
    expect(asLanguage('fr')).toBeNull()
    expect(asLanguage(null)).toBeNull()
  })
})
