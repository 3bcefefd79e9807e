import { Button, Form, Input } from 'antd'
import { useState } from 'react'
import { proveFactor } from '@/api/access'
import { useAuth } from '@/app/auth'
import { appText } from '@/app/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { Doorway } from './Doorway'
import { Enrol } from './Enrol'
import css from './LoginPage.module.css'
import { loginText } from './text'

/** What a session still owes: an authenticator to set up, or the code of the one there is. */
export default function FactorPage({ owed }: { owed: 'enrol' | 'code' }) {
  const t = useText(appText)
  const l = useText(loginText)
  const { logout, reload } = useAuth()
  return (
    <Doorway title={l(owed === 'enrol' ? 'owed.enrol' : 'owed.code')}>
      <p className={css.why}>{l(owed === 'enrol' ? 'owed.enrolWhy' : 'owed.codeWhy')}</p>
      {owed === 'enrol' ? <Enrol onDone={() => void reload()} /> : <Prove onDone={() => void reload()} />}
      <Button type="link" block style={{ marginTop: 12 }} onClick={() => void logout()}>{t('password.later')}</Button>
    </Doorway>
  )
}

function Prove({ onDone }: { onDone: () => void }) {
  const l = useText(loginText)
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const send = async ({ code }: { code: string }) => {
    setBusy(true)
    setProblem(null)
    try {
      await proveFactor(code.trim())
      onDone()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  return (
    <Form<{ code: string }> layout="vertical" requiredMark={false} onFinish={(fields) => void send(fields)}>
      <ProblemNote error={problem} />
      <Form.Item name="code" label={l('code.label')} extra={l('code.help')} rules={[{ required: true, message: l('code.need') }]}>
        <Input size="large" autoComplete="one-time-code" inputMode="numeric" autoFocus spellCheck={false} maxLength={40} />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={busy}>{l('owed.submit')}</Button>
    </Form>
  )
}
