import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { useAuth } from '@/app/auth'
import { appText } from '@/app/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { Doorway } from './Doorway'
import css from './LoginPage.module.css'

interface Fields {
  name: string
  password: string
}

export function LoginPage() {
  const t = useText(appText)
  const { login } = useAuth()
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
    <Doorway title={t('login.title')}>
      <Form<Fields> layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)}>
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
    </Doorway>
  )
}
