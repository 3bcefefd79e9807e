import { Button, Input } from 'antd'
import { useState } from 'react'
import { useCaseSteps } from '@/api/cases'
import { call } from '@/api/client'
import type { CaseStep, Severity } from '@/api/types'
import { useCan } from '@/app/auth'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './cases.module.css'
import { casesText, severityName, type CasesKey } from './text'

/** How a case went so far: who, when, in which words. Nothing here can be changed. */
export function CaseSteps({ id }: { id: string }) {
  const trail = useTrail()
  const steps = useCaseSteps(id, trail.after)
  const can = useCan()
  return (
    <>
      <ProblemNote error={steps.error} onRetry={() => void steps.refetch()} />
      <ol className={css.steps}>{(steps.data?.items ?? []).map((step) => <Line key={step.id} step={step} />)}</ol>
      <Pager trail={trail} next={steps.data?.next} />
      {can('cases.write') && <Comment id={id} />}
    </>
  )
}

const plain = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

function Line({ step }: { step: CaseStep }) {
  const t = useText(casesText)
  const f = useFormat()
  const detail = step.detail
  const assignee = detail['assignee'] as { name?: string } | null | undefined
  const severity = (detail['severity'] as Severity[] | undefined)?.[1]
  const text = (key: string) =>
    `steps.${key}` in casesText.zh
      ? t(`steps.${key}` as CasesKey, {
          name: assignee?.name ?? '', number: plain(detail['number']), level: plain(detail['level']), code: plain(detail['code']),
          severity: severity ? severityName(t, severity) : '',
        })
      : key
  return (
    <li data-platform={step.by_id === null}>
      <strong>{text(step.action)}</strong>
      <span className={css.sub}>{f.dateTime(step.at)} · {step.by_id === null ? t('steps.platform') : [step.by_name, step.unit].filter(Boolean).join(' · ')}</span>
      {step.words && <p>{step.words}</p>}
      {step.said && <p>{step.said}</p>}
    </li>
  )
}

function Comment({ id }: { id: string }) {
  const t = useText(casesText)
  const act = useAct()
  const [words, setWords] = useState('')
  const add = async () => {
    const done = await act.run(() => call('POST', `/cases/${id}/comments`, { body: { words } }), ['cases'])
    if (done) setWords('')
  }
  return (
    <div className={css.pad}>
      <ProblemNote error={act.problem} />
      <Input.TextArea rows={2} maxLength={2000} aria-label={t('comment.hint')} placeholder={t('comment.hint')} value={words} onChange={(event) => setWords(event.target.value)} />
      <p style={{ marginTop: 8 }}><Button size="small" loading={act.busy} disabled={words.trim() === ''} onClick={() => void add()}>{t('comment.add')}</Button></p>
    </div>
  )
}
