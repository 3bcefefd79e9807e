import { App, Button, Checkbox, Form, Input } from 'antd'
import { useEffect, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { call, get } from '@/api/client'
import type { Action, CameraChoice, Hours } from '@/api/grants'
import type { CameraPage } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { ChoiceFields } from './ChoiceFields'
import css from './grants.module.css'
import { ActionsField, DaysField, HoursField, inDays, PurposesField } from './TermsFields'
import { grantsText } from './text'
import { chosen, said } from './words'

/** As many cameras as a grant takes one by one. */
const NAMED_MOST = 2000
const PAGE = 500

/** Asks for a grant for oneself. `?camera=` and `?selection=` bring cameras along from where one was. */
export function AskPart() {
  const t = useText(grantsText)
  const { message } = App.useApp()
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const camera = search.get('camera')
  const act = useAct()
  const [choice, setChoice] = useState<CameraChoice>(camera ? { cameras: [camera] } : {})
  const [actions, setActions] = useState<Action[]>(['live'])
  const [purposes, setPurposes] = useState<string[]>([])
  const [days, setDays] = useState<number>(30)
  const [hours, setHours] = useState<Hours | null>(null)
  const [masked, setMasked] = useState(false)
  const [reason, setReason] = useState('')
  const brought = useBrought(search.get('selection'), setChoice)
  const ready = chosen(choice) && actions.length > 0 && purposes.length > 0 && reason.trim().length >= 4

  const send = async () => {
    const body = { cameras: said(choice), actions, purposes, expires_at: inDays(days), hours, masked, reason: reason.trim() }
    const went = await act.run(() => call('POST', '/grant-requests', { body }), ['grant-requests'])
    if (!went) return
    void message.success(t('ask.sent'))
    void navigate('/video/grants')
  }
  return (
    <div className={css.two}>
      <Panel title={t('ask.cameras')} note={brought > 0 ? t('ask.fromSelection', { n: brought }) : undefined}>
        <ChoiceFields choice={choice} onChange={setChoice} />
      </Panel>
      <Panel title={t('ask.why')}>
        <Form layout="vertical" onFinish={() => void send()}>
          <Form.Item label={t('ask.actions')} required><ActionsField value={actions} onChange={setActions} /></Form.Item>
          <Form.Item label={t('ask.purposes')} required><PurposesField value={purposes} onChange={setPurposes} /></Form.Item>
          <Form.Item label={t('ask.days')} required><DaysField value={days} onChange={setDays} /></Form.Item>
          <Form.Item><HoursField value={hours} onChange={setHours} /></Form.Item>
          <Form.Item><Checkbox checked={masked} onChange={(event) => setMasked(event.target.checked)}>{t('ask.masked')}</Checkbox></Form.Item>
          <Form.Item label={t('ask.reason')} required>
            <Input.TextArea rows={3} maxLength={500} aria-label={t('ask.reason')} placeholder={t('ask.reasonHint')} value={reason} onChange={(event) => setReason(event.target.value)} />
          </Form.Item>
          <ProblemNote error={act.problem} />
          <Button type="primary" htmlType="submit" disabled={!ready} loading={act.busy}>{t('ask.send')}</Button>
        </Form>
      </Panel>
    </div>
  )
}

/** Cameras of a set that was kept on the map; returns how many came along. */
function useBrought(selection: string | null, onChoice: (choice: CameraChoice) => void): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    if (!selection) return undefined
    const gone = new AbortController()
    const read = async () => {
      const cameras: string[] = []
      let after: string | undefined
      do {
        const page: CameraPage = await get<CameraPage>('/cameras', { selection, after, limit: PAGE }, gone.signal)
        cameras.push(...page.items.map((item) => item.id))
        after = page.next ?? undefined
      } while (after && cameras.length < NAMED_MOST)
      onChoice({ cameras: cameras.slice(0, NAMED_MOST) })
      setCount(Math.min(cameras.length, NAMED_MOST))
    }
    read().catch(() => undefined)
    return () => gone.abort()
  }, [selection, onChoice])
  return count
}
