import { Button, Input } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '@/api/problem'
import { useCan } from '@/app/auth'
import { useText } from '@/text/language'
import css from './PurposeForm.module.css'
import { liveText } from './text'

/** As the platform holds it. */
const REASON_LEAST = 8

export const lacksGrant = (problem: unknown): boolean => problem instanceof Problem && problem.code === 'gate.no_grant'

/** What somebody without a grant can do: ask for one, or look in an emergency and answer for it. */
export function NoGrant({ cameraId, busy, onEmergency }: { cameraId: string; busy: boolean; onEmergency: (reason: string) => void }) {
  const t = useText(liveText)
  const can = useCan()
  const [emergency, setEmergency] = useState(false)
  if (!emergency) {
    return (
      <div className={css.instead}>
        {can('grants.request') && <Link to={`/video/grants/ask?camera=${cameraId}`}><Button type="primary">{t('grant.ask')}</Button></Link>}
        <Button danger onClick={() => setEmergency(true)}>{t('grant.emergency')}</Button>
      </div>
    )
  }
  return (
    <section className={css.emergency} aria-label={t('grant.emergencyTitle')}>
      <strong>{t('grant.emergencyTitle')}</strong>
      <p className={css.why}>{t('grant.emergencyNote')}</p>
      <Reason busy={busy} onGiven={onEmergency} onCancel={() => setEmergency(false)} />
    </section>
  )
}

function Reason({ busy, onGiven, onCancel }: { busy: boolean; onGiven: (reason: string) => void; onCancel: () => void }) {
  const t = useText(liveText)
  const [reason, setReason] = useState('')
  const enough = reason.trim().length >= REASON_LEAST
  return (
    <>
      <Input.TextArea rows={2} maxLength={500} value={reason} aria-label={t('grant.emergencyReason')} placeholder={t('grant.emergencyReason')} onChange={(event) => setReason(event.target.value)} />
      <div className={css.instead}>
        <Button danger type="primary" disabled={!enough} loading={busy} onClick={() => onGiven(reason.trim())}>{t('grant.emergencyStart')}</Button>
        <Button onClick={onCancel}>{t('grant.cancel')}</Button>
      </div>
    </>
  )
}
