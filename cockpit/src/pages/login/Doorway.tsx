import { Segmented } from 'antd'
import type { ReactNode } from 'react'
import { useAuth } from '@/app/auth'
import { appText } from '@/app/text'
import { partsText } from '@/parts/text'
import { LANGUAGES } from '@/text/core'
import { useLanguage, useText } from '@/text/language'
import css from './LoginPage.module.css'

/** The frame of what is seen before the platform: its name on the left, one form on the right. */
export function Doorway({ title, children }: { title: string; children: ReactNode }) {
  const t = useText(appText)
  const p = useText(partsText)
  const { chooseLanguage } = useAuth()
  const { language } = useLanguage()
  return (
    <div className={css.page}>
      <section className={css.brand}>
        <img src="/mark.svg" alt="" width="56" height="56" />
        <h1>{t('name')}</h1>
        <p>{t('tagline')}</p>
      </section>
      <main className={css.form}>
        <div className={css.card}>
          <div className={css.head}>
            <h2>{title}</h2>
            <Segmented
              size="small"
              value={language}
              options={LANGUAGES.map((one) => ({ value: one, label: p(`language.${one}`) }))}
              onChange={chooseLanguage}
            />
          </div>
          {children}
        </div>
      </main>
    </div>
  )
}
