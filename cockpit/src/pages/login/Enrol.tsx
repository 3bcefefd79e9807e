import { useMutation } from '@tanstack/react-query'
import { Button, Form, Input, QRCode } from 'antd'
import { useState } from 'react'
import { beginFactor, confirmFactor } from '@/api/access'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import css from './LoginPage.module.css'
import { RecoveryCodes } from './RecoveryCodes'
import { loginText } from './text'

/** Sets an authenticator up: scan, confirm by a code, keep the recovery codes. */
export function Enrol({ onDone }: { onDone: () => void }) {
  const l = useText(loginText)
  const begin = useMutation({ mutationFn: beginFactor })
  const confirm = useMutation({ mutationFn: confirmFactor })
  const [code, setCode] = useState('')

  if (confirm.data) return <RecoveryCodes codes={confirm.data} onKept={onDone} />
  if (!begin.data) {
    return (
      <>
        <ProblemNote error={begin.error} />
        <Button type="primary" size="large" block loading={begin.isPending} onClick={() => begin.mutate()}>{l('enrol.begin')}</Button>
      </>
    )
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={() => confirm.mutate(code.trim())}>
      <ProblemNote error={confirm.error} />
      <p>{l('enrol.scan')}</p>
      <div className={css.qr}>
        <QRCode value={begin.data.address} size={208} bordered={false} color="#000000" bgColor="#ffffff" type="svg" />
      </div>
      <p>{l('enrol.type')}</p>
      <p><code className={css.secret}>{begin.data.secret.replace(/(.{4})/g, '$1 ').trim()}</code></p>
      <Form.Item label={l('enrol.code')} htmlFor="enrol-code" style={{ marginTop: 16 }}>
        <Input id="enrol-code" size="large" autoComplete="one-time-code" inputMode="numeric" autoFocus maxLength={12} value={code} onChange={(event) => setCode(event.target.value)} />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={confirm.isPending} disabled={code.trim().length < 6}>{l('enrol.confirm')}</Button>
    </Form>
  )
}
