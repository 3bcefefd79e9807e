import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { asLanguage, fill, type Area, type Bilingual, type Language, type Values } from './core'

const STORAGE_KEY = 'commonsight.language'

/** Language before anybody has logged in: what this browser used last, else Chinese. */
export function storedLanguage(): Language {
  try {
    return asLanguage(localStorage.getItem(STORAGE_KEY)) ?? 'zh'
  } catch {
    return 'zh' // storage is forbidden in this browser; the page still works
  }
}

interface LanguageState {
  language: Language
  setLanguage: (language: Language) => void
}

const LanguageContext = createContext<LanguageState>({ language: 'zh', setLanguage: () => undefined })

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setState] = useState(storedLanguage)
  const setLanguage = useCallback((next: Language) => {
    setState(next)
    try {
      localStorage.setItem(STORAGE_KEY, next)
    } catch {
      // kept for this visit only
    }
  }, [])
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }, [language])
  const state = useMemo(() => ({ language, setLanguage }), [language, setLanguage])
  return <LanguageContext value={state}>{children}</LanguageContext>
}

export const useLanguage = (): LanguageState => use(LanguageContext)

/** The texts of an area in the person's language: `t('key', { name: value })`. */
export function useText<K extends string>(texts: Area<K>): (key: K, values?: Values) => string {
  const { language } = useLanguage()
  return useCallback((key: K, values?: Values) => fill(texts[language][key], values), [texts, language])
}

/** Picks the person's language from a text the server sent in both. */
export function useBilingual(): (text: Bilingual) => string {
  const { language } = useLanguage()
  return useCallback((text: Bilingual) => text[language], [language])
}
