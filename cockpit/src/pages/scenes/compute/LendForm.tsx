import { App, Button, Drawer, Form, Input, InputNumber, Select } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import type { ForeseenLoan, Loan, LoanIn, Pool } from '@/api/compute'
import { localOf, momentOf } from '@/pages/health/moments'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './compute.module.css'
import { computeText } from './text'
import { poolWord } from './words'

const DAY = 86_400_000

/** Lends cores from one pool to another: what it would do is seen before, and it can be undone after. */
export function LendForm({ pools, onClose }: { pools: readonly Pool[]; onClose: () => void }) {
  const t = useText(computeText)
  const { message } = App.useApp()
  const act = useAct()
  const undoing = useAct()
  const [lender, setLender] = useState<string>()
  const [borrower, setBorrower] = useState<string>()
  const [cores, setCores] = useState<number | null>(1)
  const [until, setUntil] = useState(() => localOf(new Date(Date.now() + DAY)))
  const [words, setWords] = useState('')
  const [seen, setSeen] = useState<ForeseenLoan | null>(null)
  const ends = momentOf(until)
  const loan: LoanIn | null = lender !== undefined && borrower !== undefined && lender !== borrower && cores && ends ? { lender, borrower, cores, ends_at: ends, words } : null
  const changed = <T,>(set: (value: T) => void) => (value: T) => { set(value); setSeen(null) }
  const options = pools.map((pool) => ({ value: pool.name, label: poolWord(pools, pool.name, t) }))

  const look = () => act.run(async () => setSeen((await call<ForeseenLoan>('POST', '/compute/loans/preview', { body: loan })).data))
  const undo = (id: string) => undoing.run(async () => {
    await call('POST', `/compute/loans/${id}/take-back`)
    void message.success(t('lend.undone'))
  }, ['compute'])
  const lend = async () => {
    const made: Loan[] = []
    await act.run(async () => made.push((await call<Loan>('POST', '/compute/loans', { body: loan })).data), ['compute'])
    const id = made[0]?.id
    if (id === undefined) return
    void message.success({
      content: <>{t('lend.done')} <Button type="link" size="small" onClick={() => void undo(id)}>{t('lend.undo')}</Button></>,
      duration: 10,
    })
    onClose()
  }
  return (
    <Drawer open size={520} title={t('lend.title')} onClose={onClose}>
      <Form layout="vertical">
        <Form.Item label={t('lend.from')}><Select aria-label={t('lend.from')} value={lender} options={options} onChange={changed(setLender)} /></Form.Item>
        <Form.Item label={t('lend.to')}><Select aria-label={t('lend.to')} value={borrower} options={options} onChange={changed(setBorrower)} /></Form.Item>
        <Form.Item label={t('lend.cores')}><InputNumber aria-label={t('lend.cores')} min={0.1} step={0.5} value={cores} onChange={changed(setCores)} /></Form.Item>
        <Form.Item label={t('lend.until')}><Input type="datetime-local" aria-label={t('lend.until')} value={until} onChange={(event) => setUntil(event.target.value)} /></Form.Item>
        <Form.Item label={t('lend.words')}><Input aria-label={t('lend.words')} maxLength={400} value={words} onChange={(event) => setWords(event.target.value)} /></Form.Item>
        {seen && <Effect seen={seen} pools={pools} />}
        <ProblemNote error={act.problem} />
        <div className={css.row}>
          <Button disabled={loan === null} loading={act.busy} onClick={() => void look()}>{t('lend.preview')}</Button>
          <Button type="primary" disabled={loan === null || seen === null} loading={act.busy} onClick={() => void lend()}>{t('lend.do')}</Button>
        </div>
      </Form>
    </Drawer>
  )
}

function Effect({ seen, pools }: { seen: ForeseenLoan; pools: readonly Pool[] }) {
  const t = useText(computeText)
  const f = useFormat()
  const change = (before: number, after: number, digits = 0) => t('change', { before: f.number(before, digits), after: f.number(after, digits) })
  return (
    <>
      <table className={css.table}>
        <thead><tr><th>{t('preview.pool')}</th><th>{t('preview.available')}</th><th>{t('preview.shed')}</th><th>{t('preview.served')}</th></tr></thead>
        <tbody>
          {seen.items.map((one) => (
            <tr key={one.pool}>
              <th>{poolWord(pools, one.pool, t)}</th>
              <td>{change(one.available_before, one.available_after, 2)}</td>
              <td>{change(one.shed_before, one.shed_after)}</td>
              <td>{change(one.served_before, one.served_after)}</td>
            </tr>
          ))}
          <tr><th>{t('preview.worth')}</th><td colSpan={3}>{change(seen.worth_before, seen.worth_after, 1)}</td></tr>
        </tbody>
      </table>
      <p className={css.faint}>{t('preview.as', { at: f.dateTime(seen.as_of) })}</p>
    </>
  )
}
