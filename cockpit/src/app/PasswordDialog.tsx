import { App, Form, Input, Modal } from 'antd'
import { useState } from 'react'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { useAuth, useMe } from './auth'
import { appText } from './text'

/** The platform refuses shorter ones; said here so that nobody has to try. */
const SHORTEST = 10

interface Fields {
  old: string
  next: string
  repeat: string
}

/** Changes one's own password; with `must_change_password` it cannot be put aside, only left by logging out. */
export function PasswordDialog({ onDone, onCancel }: { onDone?: () => void; onCancel?: () => void }) {
  const t = useText(appText)
  const me = useMe()
  const { changePassword, logout } = useAuth()
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

  return (
    <Modal
      open
      title={t('password.title')}
      okText={t('password.submit')}
      cancelText={onCancel ? undefined : t('password.later')}
      onOk={() => form.submit()}
      onCancel={() => (onCancel ? onCancel() : void logout())}
      closable={Boolean(onCancel)}
      mask={{ closable: false }}
      keyboard={Boolean(onCancel)}
      confirmLoading={busy}
      width={440}
    >
      {me.must_change_password && <p style={{ marginBottom: 16 }}>{t('password.why')}</p>}
      <ProblemNote error={problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={(fields) => void save(fields)}>
        <Form.Item name="old" label={t('password.old')} rules={[{ required: true, message: t('login.needPassword') }]}>
          <Input.Password autoComplete="current-password" autoFocus />
        </Form.Item>
        <Form.Item name="next" label={t('password.new')} rules={[{ required: true, min: SHORTEST, message: t('password.short') }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="repeat"
          label={t('password.repeat')}
          dependencies={['next']}
          rules={[
            {
              validator: (_rule, value: string) =>
                value === form.getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('password.differs'))),
            },
          ]}
        >
          <Input.Password autoComplete="new-password" onPressEnter={() => form.submit()} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
