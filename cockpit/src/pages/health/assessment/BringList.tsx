import { InboxOutlined } from '@ant-design/icons'
import { Form, Input, InputNumber, Progress, Select, Upload } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import type { Feedback, FeedbackIndicator } from '@/api/feedbacks'
import { useUppers } from '@/api/shares'
import { useCan } from '@/app/auth'
import { sendPieces } from '@/pages/imports/upload'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { momentOf } from '../moments'
import css from '../told.module.css'
import { assessmentText } from './text'

const INDICATORS: readonly FeedbackIndicator[] = ['online', 'playable']
const OTHER = ''

/** Brings a list: whose it is and what it is about, then the file, which is read at once. */
export function BringList({ onRead }: { onRead: (id: string) => void }) {
  const t = useText(assessmentText)
  const can = useCan()
  const act = useAct()
  const [indicator, setIndicator] = useState<FeedbackIndicator>('online')
  const [upper, setUpper] = useState(OTHER)
  const [name, setName] = useState('')
  const [at, setAt] = useState('')
  const [assessed, setAssessed] = useState<number | null>(null)
  const [sending, setSending] = useState<{ name: string; share: number } | null>(null)

  const send = (file: File) =>
    act.run(async () => {
      setSending({ name: file.name, share: 0 })
      try {
        const body = { name: file.name, indicator, upper_id: upper || null, upper_name: name, default_at: momentOf(at) ?? null, assessed }
        const { data: made } = await call<Feedback>('POST', '/feedbacks', { body })
        await sendPieces(`/feedbacks/${made.id}/file`, file, (share) => setSending({ name: file.name, share }))
        await call('POST', `/feedbacks/${made.id}/read`)
        onRead(made.id)
      } finally {
        setSending(null)
      }
    }, ['feedbacks'])

  return (
    <div className={css.stack}>
      <Form layout="vertical" className={css.row ?? ''}>
        <Form.Item label={t('form.indicator')}>
          <Select<FeedbackIndicator> style={{ width: 160 }} value={indicator} onChange={setIndicator} options={INDICATORS.map((value) => ({ value, label: t(`indicator.${value}`) }))} />
        </Form.Item>
        {can('shares.read') && <Form.Item label={t('form.upper')}><UpperSelect value={upper} onChange={setUpper} /></Form.Item>}
        {upper === OTHER && <Form.Item label={t('form.upperName')}><Input maxLength={100} aria-label={t('form.upperName')} value={name} onChange={(event) => setName(event.target.value)} /></Form.Item>}
        <Form.Item label={t('form.at')}><Input type="datetime-local" aria-label={t('form.at')} value={at} onChange={(event) => setAt(event.target.value)} /></Form.Item>
        <Form.Item label={t('form.assessed')}><InputNumber min={0} max={10_000_000} aria-label={t('form.assessed')} value={assessed} onChange={setAssessed} /></Form.Item>
      </Form>
      <ProblemNote error={act.problem} />
      <Upload.Dragger accept=".xlsx,.csv" maxCount={1} showUploadList={false} disabled={act.busy} beforeUpload={(file) => { void send(file); return false }}>
        <p><InboxOutlined aria-hidden style={{ fontSize: 32 }} /></p>
        <p>{sending ? t('file.sending', { name: sending.name }) : t('file.drop')}</p>
        {sending ? <Progress percent={Math.round(sending.share * 100)} /> : <p className={css.faint}>{t('file.text')}</p>}
      </Upload.Dragger>
    </div>
  )
}

function UpperSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const t = useText(assessmentText)
  const uppers = useUppers()
  const options = [...(uppers.data?.items ?? []).map((one) => ({ value: one.id, label: one.name })), { value: OTHER, label: t('form.upperOther') }]
  return <Select style={{ minWidth: 220 }} value={value} onChange={onChange} options={options} aria-label={t('form.upper')} />
}
