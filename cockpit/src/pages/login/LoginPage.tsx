import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { goToProvider, useProviders } from '@/api/access'
import { Problem } from '@/api/problem'
import { useAuth } from '@/app/auth'
import { appText } from '@/app/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { Doorway } from './Doorway'
import css from './LoginPage.module.css'
import { loginText, refusalKey } from './text'

interface Fields {
  name: string
  password: string
  code?: string
}

export function LoginPage() {
  const t = useText(appText)
  const l = useText(loginText)
  const { login } = useAuth()
  const [form] = Form.useForm<Fields>()
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  // The password was right, and an authenticator is asked for: the same form is sent again with its code.
  const [asksCode, setAsksCode] = useState(false)
  const [refused] = useState(() => new URLSearchParams(window.location.search).get('refused'))

  const submit = async ({ name, password, code }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      await login(name.trim(), password, code?.trim())
    } catch (error) {
      setBusy(false)
      if (error instanceof Problem && error.code === 'access.code_missing') setAsksCode(true)
      else {
        setProblem(error)
        form.setFieldValue('code', '')
        if (!(error instanceof Problem) || error.code !== 'access.code_wrong') setAsksCode(false)
      }
    }
  }

  return (
    <Doorway title={t('login.title')}>
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void submit(fields)}>
        {refused && !problem && <Alert type="warning" role="alert" style={{ marginBottom: 16 }} title={l(refusalKey(refused), { code: refused })} />}
        <ProblemNote error={problem} />
        <Form.Item name="name" label={t('login.name')} hidden={asksCode} rules={[{ required: true, message: t('login.needName') }]}>
          <Input size="large" autoComplete="username" autoFocus spellCheck={false} />
        </Form.Item>
        <Form.Item name="password" label={t('login.password')} hidden={asksCode} rules={[{ required: true, message: t('login.needPassword') }]}>
          <Input.Password size="large" autoComplete="current-password" />
        </Form.Item>
        {asksCode && (
          <Form.Item name="code" label={l('code.label')} extra={l('code.help')} rules={[{ required: true, message: l('code.need') }]}>
            <Input size="large" autoComplete="one-time-code" inputMode="numeric" autoFocus spellCheck={false} maxLength={40} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" size="large" block loading={busy}>{t('login.submit')}</Button>
        {asksCode && <Button type="link" block onClick={() => { setAsksCode(false); setProblem(null) }}>{l('code.back')}</Button>}
        {!asksCode && <Providers onProblem={setProblem} />}
        {!asksCode && <p className={css.hint}>{t('login.hint')}</p>}
      </Form>
    </Doorway>
  )
}

/** The identity providers to sign in with; nothing where there are none. */
function Providers({ onProblem }: { onProblem: (error: unknown) => void }) {
  const l = useText(loginText)
  const providers = useProviders().data?.items ?? []
  const [going, setGoing] = useState<string | null>(null)
  const go = async (name: string) => {
    setGoing(name)
    const here = window.location.pathname
    try {
      await goToProvider(`/sign-in/${encodeURIComponent(name)}`, { return_to: here === '/login' ? '/' : here })
    } catch (error) {
      setGoing(null)
      onProblem(error)
    }
  }
  if (providers.length === 0) return null
  return (
    <div className={css.providers}>
      <p>{l('with.or')}</p>
      {providers.map((one) => (
        <Button key={one.name} size="large" block loading={going === one.name} onClick={() => void go(one.name)}>{one.title}</Button>
      ))}
    </div>
  )
}
