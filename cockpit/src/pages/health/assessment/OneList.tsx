import { Alert, App, Button, Progress, Select } from 'antd'
import { useState } from 'react'
import { call, path } from '@/api/client'
import { isWorking, useFeedback, useFeedbackCounts, useFeedbackWords, type Feedback } from '@/api/feedbacks'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from '../told.module.css'
import { BridgePanel } from './BridgePanel'
import { Rows, WrongRows } from './Rows'
import { assessmentText } from './text'

const READS = ['feedbacks']

/** One list from its reading to its undoing. */
export function OneList({ id, onGone }: { id: string; onGone: () => void }) {
  const t = useText(assessmentText)
  const f = useFormat()
  const one = useFeedback(id)
  const held = one.data
  if (!held) return <ProblemNote error={one.error} />
  const compared = held.rows !== null && !['reading', 'failed'].includes(held.state)
  return (
    <div className={css.stack}>
      <Panel title={held.name} note={`${held.upper_name} · ${t(`indicator.${held.indicator}`)} · ${t(`state.${held.state}`)}`} actions={<Acts held={held} onGone={onGone} />}>
        <div className={css.stack}>
          {isWorking(held) && <div><Progress percent={100} status="active" showInfo={false} /><span className={css.faint}>{t('progress', { n: f.number(held.done) })}</span></div>}
          {held.state === 'failed' && <Alert type="error" title={held.problem_words ?? t('state.failed')} />}
          {compared && (
            <dl className={css.tallies}>
              {(['rows', 'matched', 'wrong', 'reported'] as const).map((name) => (
                <div key={name}><dt>{t(`tally.${name}`)}</dt><dd>{f.number(held[name])}</dd></div>
              ))}
            </dl>
          )}
          {(held.state === 'failed' || held.state === 'read') && held.headings.length > 0 && <Mapping held={held} />}
        </div>
      </Panel>
      {compared && held.bridge && <BridgePanel steps={held.bridge} />}
      {compared && <Rows held={held} />}
      {held.wrong > 0 && <WrongRows id={id} />}
    </div>
  )
}

function Acts({ held, onGone }: { held: Feedback; onGone: () => void }) {
  const t = useText(assessmentText)
  const f = useFormat()
  const can = useCan()
  const { modal, message } = App.useApp()
  const act = useAct()
  const counts = useFeedbackCounts(held.id, held.state)
  const words = useFeedbackWords()
  const believed = new Set((words.data?.explanations ?? []).filter((one) => one.fault).map((one) => one.code))
  const faults = (counts.data?.items ?? []).filter((one) => believed.has(one.code)).reduce((sum, one) => sum + one.bad, 0)
  const may = can('health.write')
  const go = async (what: string) => {
    if (await act.run(() => call('POST', `/feedbacks/${held.id}/${what}`), READS)) void message.success(t('done'))
  }
  const confirm = (what: 'apply' | 'undo', n: number) =>
    void modal.confirm({
      title: t(`${what}.title`, { n: f.number(n) }), content: t(`${what}.text`, { n: f.number(n) }),
      okText: t(what), cancelText: t('cancel'), onOk: () => go(what),
    })
  const discard = async () => {
    if (await act.run(() => call('DELETE', `/feedbacks/${held.id}`), READS)) onGone()
  }
  return (
    <>
      <ProblemNote error={act.problem} />
      {held.bridge && <Button href={path(`/feedbacks/${held.id}/appeal.xlsx`)} download>{t('appeal')}</Button>}
      {may && ['receiving', 'read', 'failed', 'undone'].includes(held.state) && <Button loading={act.busy} onClick={() => void discard()}>{t('discard')}</Button>}
      {may && held.state === 'read' && faults > 0 && <Button type="primary" loading={act.busy} onClick={() => confirm('apply', faults)}>{t('apply')}</Button>}
      {may && held.state === 'applied' && held.reported > 0 && <Button danger loading={act.busy} onClick={() => confirm('undo', held.reported)}>{t('undo')}</Button>}
    </>
  )
}

function Mapping({ held }: { held: Feedback }) {
  const t = useText(assessmentText)
  const pick = useBilingual()
  const can = useCan()
  const act = useAct()
  const words = useFeedbackWords()
  const [mapping, setMapping] = useState<Record<string, string>>(held.mapping)
  const set = (key: string, heading: string | undefined) => {
    const others = Object.entries(mapping).filter(([column]) => column !== key)
    setMapping(Object.fromEntries(heading ? [...others, [key, heading]] : others))
  }
  return (
    <details open={held.state === 'failed'}>
      <summary>{t('mapping.title')}</summary>
      {held.state === 'failed' && <p>{t('mapping.failed')}</p>}
      <div className={css.row}>
        {(words.data?.columns ?? []).map((column) => (
          <label key={column.key}>
            {pick(column)}{' '}
            <Select allowClear style={{ minWidth: 150 }} placeholder={t('mapping.none')} value={mapping[column.key]} options={held.headings.map((value) => ({ value, label: value }))} onChange={(next?: string) => set(column.key, next)} />
          </label>
        ))}
        {can('health.write') && <Button loading={act.busy} onClick={() => void act.run(() => call('POST', `/feedbacks/${held.id}/read`, { body: { mapping } }), READS)}>{t('mapping.go')}</Button>}
      </div>
      <ProblemNote error={act.problem} />
    </details>
  )
}
