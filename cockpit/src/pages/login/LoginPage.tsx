import { Button, Form, Input, Segmented } from 'antd'
import { useState } from 'react'
import { useAuth } from '@/app/auth'
import { appText } from '@/app/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { LANGUAGES } from '@/text/core'
import { useLanguage, useText } from '@/text/language'
import css from './LoginPage.module.css'

interface Fields {
  name: string
  password: string
}

export function LoginPage() {
  const t = useText(appText)
  const p = useText(partsText)
  const { login, chooseLanguage } = useAuth()
  const { language } = useLanguage()
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const submit = async ({ name, password }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      await login(name.trim(), password)
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }

  return (
    <div className={css.page}>
      <section className={css.brand}>
        <img src="/mark.svg" alt="" width="56" height="56" />
        <h1>{t('name')}</h1>
        <p>{t('tagline')}</p>
      </section>
      <section className={css.form}>
        <Form<Fields> layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)} className={css.card}>
          <div className={css.head}>
            <h2>{t('login.title')}</h2>
            <Segmented
              size="small"
              value={language}
              options={LANGUAGES.map((one) => ({ value: one, label: p(`language.${one}`) }))}
              onChange={chooseLanguage}
            />
          </div>
          <ProblemNote error={problem} />
          <Form.Item name="name" label={t('login.name')} rules={[{ required: true, message: t('login.needName') }]}>
            <Input size="large" autoComplete="username" autoFocus spellCheck={false} />
          </Form.Item>
          <Form.Item name="password" label={t('login.password')} rules={[{ required: true, message: t('login.needPassword') }]}>
            <Input.Password size="large" autoComplete="current-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={busy}>{t('login.submit')}</Button>
          <p className={css.hint}>{t('login.hint')}</p>
        </Form>
      </section>
    </div>
  )
}
