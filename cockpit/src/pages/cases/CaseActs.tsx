import { useQuery } from '@tanstack/react-query'
import { App, Button, Input, InputNumber } from 'antd'
import { useState } from 'react'
import { takeStep, type StepBody } from '@/api/cases'
import { get, type Answer } from '@/api/client'
import { Problem } from '@/api/problem'
import type { CaseAction, CaseDetail, CaseItem, List } from '@/api/types'
import { useCan, useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { AssignDialog } from './AssignDialog'
import css from './cases.module.css'
import { casesText } from './text'

/** Steps that say nothing without a sentence. */
const WORDY = ['handle', 'reject', 'false_alarm', 'reopen'] as const
type Wordy = (typeof WORDY)[number]
const isWordy = (action: CaseAction): action is Wordy => (WORDY as readonly CaseAction[]).includes(action)

/** What comes next is a full button, what takes back or ends otherwise is a plain one. */
const FORWARD: readonly CaseAction[] = ['handle', 'verify', 'close']

/** The steps a case takes now. Each is taken from the version shown; when somebody was faster, it is read afresh. */
export function CaseActs({ read }: { read: Answer<CaseDetail> }) {
  const t = useText(casesText)
  const can = useCan()
  const me = useMe()
  const act = useAct()
  const { message } = App.useApp()
  const [asking, setAsking] = useState<CaseAction | null>(null)
  const one = read.data
  if (!can('cases.write')) return <p className={`${css.pad} ${css.faint}`}>{t('act.none')}</p>

  const take = (body: StepBody) =>
    act.run(async () => {
      try {
        await takeStep(one.id, body, read.etag)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 412) throw error
        void message.warning(t('stale'))
      }
      setAsking(null)
    }, ['cases'])
  const press = (action: CaseAction) => {
    act.forget()
    if (action === 'assign' || action === 'merge' || isWordy(action)) setAsking(action)
    else void take({ action })
  }
  const mine = one.assignee?.kind === 'person' && one.assignee.id === me.id
  return (
    <div className={css.pad}>
      <div className={css.acts}>
        {one.actions.includes('assign') && !mine && (
          <Button type="primary" loading={act.busy} onClick={() => void take({ action: 'assign', assignee: { kind: 'person', id: me.id } })}>{t('act.take')}</Button>
        )}
        {one.actions.map((action) => (
          <Button key={action} type={FORWARD.includes(action) ? 'primary' : 'default'} disabled={act.busy} aria-pressed={asking === action} onClick={() => press(action)}>
            {t(`act.${action}`)}
          </Button>
        ))}
      </div>
      {asking !== null && isWordy(asking) && <Words action={asking} busy={act.busy} onDone={(words) => void take({ action: asking, words })} onClose={() => setAsking(null)} />}
      {asking === 'merge' && <Merge one={one} busy={act.busy} onDone={(into) => void take({ action: 'merge', into })} onClose={() => setAsking(null)} />}
      {asking === 'assign' && (
        <AssignDialog region={one.region.code} kind={one.kind} busy={act.busy} problem={act.problem} onAssign={(to) => void take({ action: 'assign', assignee: { kind: to.kind, id: to.id } })} onClose={() => setAsking(null)} />
      )}
      {asking !== 'assign' && <ProblemNote error={act.problem} />}
    </div>
  )
}

function Words({ action, busy, onDone, onClose }: { action: Wordy; busy: boolean; onDone: (words: string) => void; onClose: () => void }) {
  const t = useText(casesText)
  const p = useText(partsText)
  const [words, setWords] = useState('')
  return (
    <div className={css.form}>
      <Input.TextArea autoFocus rows={3} maxLength={2000} aria-label={t(`words.${action}`)} placeholder={t(`words.${action}`)} value={words} onChange={(event) => setWords(event.target.value)} />
      <div className={css.acts}>
        <Button type="primary" loading={busy} disabled={words.trim() === ''} onClick={() => onDone(words.trim())}>{t('words.submit')}</Button>
        <Button onClick={onClose}>{p('common.cancel')}</Button>
      </div>
    </div>
  )
}

/** Another live case is named by the number people call it by, and shown before anything happens. */
function Merge({ one, busy, onDone, onClose }: { one: CaseDetail; busy: boolean; onDone: (into: string) => void; onClose: () => void }) {
  const t = useText(casesText)
  const p = useText(partsText)
  const [number, setNumber] = useState<number | null>(null)
  const asked = useSettled(number, 300)
  const found = useQuery({
    queryKey: ['cases', 'by-number', asked],
    queryFn: ({ signal }) => get<List<CaseItem>>('/cases', { q: `#${asked ?? ''}`, live: true, limit: 1 }, signal),
    enabled: asked !== null,
  })
  const into = asked === number ? found.data?.items.find((each) => each.id !== one.id) : undefined
  return (
    <div className={css.form}>
      <InputNumber autoFocus min={1} precision={0} style={{ width: 260 }} aria-label={t('merge.which')} placeholder={t('merge.which')} value={number} onChange={setNumber} />
      {into && <p>#{into.number} {into.title} · {into.place}</p>}
      {asked !== null && found.isSuccess && !into && <p className={css.faint}>{t('merge.none')}</p>}
      <div className={css.acts}>
        <Button type="primary" loading={busy} disabled={!into} onClick={() => into && onDone(into.id)}>{t('act.merge')}</Button>
        <Button onClick={onClose}>{p('common.cancel')}</Button>
      </div>
    </div>
  )
}
