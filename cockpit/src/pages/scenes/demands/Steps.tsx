import { App, Button, Checkbox, Input, Modal, Rate } from 'antd'
import { useState } from 'react'
import { stepDemand, type Demand, type DemandAction, type StepBody } from '@/api/demands'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './demands.module.css'
import { demandsText } from './text'

const GOOD = 4
const ASKED = ['reopen', 'stop', 'withdraw'] as const

/** The steps a person may take with a need; those that need words ask for them. */
export function Steps({ one, etag, chosen }: { one: Demand; etag: string | null | undefined; chosen: readonly string[] }) {
  const t = useText(demandsText)
  const act = useAct()
  const { modal } = App.useApp()
  const [asking, setAsking] = useState<'accept' | 'refuse' | 'review' | null>(null)
  const go = (body: StepBody) => act.run(() => stepDemand(one.id, body, etag), ['demands'])
  const take = (action: DemandAction) => {
    const asked = ASKED.find((each) => each === action)
    if (action === 'accept' || action === 'refuse' || action === 'review') setAsking(action)
    else if (asked && !(asked === 'reopen' && (one.state === 'refused' || one.state === 'withdrawn'))) modal.confirm({ title: t(`action.${asked}`), content: t(`${asked}.sure`), onOk: () => go({ action }) })
    else void go({ action })
  }
  return (
    <>
      {one.actions.map((action) => <Button key={action} type={action === 'accept' || action === 'review' ? 'primary' : 'default'} disabled={act.busy} onClick={() => take(action)}>{t(`action.${action}`)}</Button>)}
      {!asking && <ProblemNote error={act.problem} />}
      {asking && <Ask action={asking} chosen={chosen} busy={act.busy} problem={act.problem} onClose={() => { act.forget(); setAsking(null) }} onGo={async (body) => { if (await go(body)) setAsking(null) }} />}
    </>
  )
}

interface AskProps {
  action: 'accept' | 'refuse' | 'review'
  chosen: readonly string[]
  busy: boolean
  problem: unknown
  onClose: () => void
  onGo: (body: StepBody) => Promise<void>
}

function Ask({ action, chosen, busy, problem, onClose, onGo }: AskProps) {
  const t = useText(demandsText)
  const [words, setWords] = useState('')
  const [mark, setMark] = useState(GOOD)
  const [whole, setWhole] = useState(false)
  const needs = action !== 'accept' && !words.trim()
  const body = (): StepBody => ({ action, words, ...(action === 'accept' ? { cameras: [...chosen], whole } : {}), ...(action === 'review' ? { mark } : {}) })
  return (
    <Modal open title={action === 'accept' ? t('accept.title') : t(`action.${action}`)} okText={t('ok')} confirmLoading={busy} okButtonProps={{ disabled: needs || (action === 'accept' && chosen.length === 0) }} onCancel={onClose} onOk={() => void onGo(body())}>
      {action === 'accept' && (
        <>
          <p>{chosen.length === 0 ? t('accept.none') : t('found.cameras', { n: chosen.length })}</p>
          <p className={css.hint}>{t('accept.text')}</p>
          <Checkbox checked={whole} onChange={(event) => setWhole(event.target.checked)}>{t('accept.whole')}</Checkbox>
        </>
      )}
      {action === 'review' && <p>{t('review.mark')} <Rate allowClear={false} value={mark} onChange={setMark} /></p>}
      <Input.TextArea rows={4} maxLength={2000} aria-label={t(`words.${action}`)} placeholder={t(`words.${action}`)} value={words} onChange={(event) => setWords(event.target.value)} />
      <ProblemNote error={problem} />
    </Modal>
  )
}
