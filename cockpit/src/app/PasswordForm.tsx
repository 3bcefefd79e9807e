import { App, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { useAuth } from './auth'
import { appText } from './text'

/** The platform refuses shorter ones; said here so that nobody has to try. */
const SHORTEST = 10

interface Fields {
  old: string
  next: string
  repeat: string
}

interface Props {
  leave: string
  onLeave: () => void
  onDone?: () => void
}

/** Changes one's own password. */
export function PasswordForm({ leave, onLeave, onDone }: Props) {
  const t = useText(appText)
  const { changePassword } = useAuth()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const [problem, setProblem] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)

  const save = async ({ old, next }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      await changePassword(old, next)
      void message.success(t('password.done'))
      onDone?.()
    } catch (error) {
      setProblem(error)
      setBusy(false)
    }
  }
  const same = {
    validator: (_rule: unknown, value: string) =>
      value === form.getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('password.differs'))),
  }

  return (
    <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void save(fields)}>
      <ProblemNote error={problem} />
      <Form.Item name="old" label={t('password.old')} rules={[{ required: true, message: t('login.needPassword') }]}>
        <Input.Password autoComplete="current-password" autoFocus />
      </Form.Item>
      <Form.Item name="next" label={t('password.new')} rules={[{ required: true, min: SHORTEST, message: t('password.short') }]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item name="repeat" label={t('password.repeat')} dependencies={['next']} rules={[same]}>
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end' }}>
        <Button onClick={onLeave}>{leave}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>{t('password.submit')}</Button>
      </div>
    </Form>
  )
}
