import { App, Button, Drawer, Form, Input, InputNumber } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { usePreview, type Action, type GrantRequest, type Hours, type MaskName } from '@/api/grants'
import { useCan, useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './grants.module.css'
import { ActionsField, HoursField, inDays, MaskField } from './TermsFields'
import { grantsText } from './text'
import { useTagWord } from './useTagWord'
import { choiceWords, holderWords, whenWords } from './words'

const READS = ['grant-requests', 'grants']

/** One request: what it asks for, what is held already, and what is given of it. */
export function DecideRequest({ request, onClose }: { request: GrantRequest; onClose: () => void }) {
  const t = useText(grantsText)
  const f = useFormat()
  const tag = useTagWord()
  const { message } = App.useApp()
  const can = useCan()
  const { id: me } = useMe()
  const preview = usePreview(request.id)
  const act = useAct()
  const [actions, setActions] = useState<Action[]>(request.actions)
  const [days, setDays] = useState<number | null>(null)
  const [hours, setHours] = useState<Hours | null>(request.hours)
  const [mask, setMask] = useState<MaskName | undefined>(request.masked ? 'faces_plates' : undefined)
  const [minutes, setMinutes] = useState<number | null>(null)
  const [words, setWords] = useState('')
  const own = request.person_id === me
  const open = request.state === 'asked' && can('grants.write') && !own
  const ifMatch = preview.data?.etag ?? undefined
  const most = Math.max(1, Math.round((new Date(request.expires_at).getTime() - new Date(request.asked_at).getTime()) / 86_400_000))

  const approve = async () => {
    const limits = { ...(mask ? { mask } : {}), ...(minutes ? { minutes } : {}) }
    const body = {
      actions, limits, words: words.trim(),
      ...(days === null ? {} : { expires_at: inDays(days) }),
      ...(hours ? { hours: { from: hours.from, to: hours.to, days: hours.days } } : {}),
    }
    if (await act.run(() => call('POST', `/grant-requests/${request.id}/approve`, { body, ifMatch }), READS)) {
      void message.success(t('decide.approved'))
      onClose()
    }
  }
  const refuse = async () => {
    if (await act.run(() => call('POST', `/grant-requests/${request.id}/refuse`, { body: { reason: words.trim() }, ifMatch }), READS)) {
      void message.success(t('decide.refused'))
      onClose()
    }
  }
  const seen = preview.data?.data
  return (
    <Drawer open size={620} title={t('decide.title', { name: request.person_name })} onClose={onClose}>
      <div className={css.stack}>
        <div>
          <strong>{choiceWords(t, tag, request.cameras)}</strong>
          <p>{request.actions.map((action) => t(`action.${action}`)).join('、')}；{whenWords(t, f, request)}</p>
          <p>{request.reason}</p>
        </div>
        <ProblemNote error={preview.error} />
        {seen && (
          <div className={css.counted}>
            {t('decide.asked', { n: f.number(seen.asked.cameras), names: seen.asked.names.join('、') })}，{t('decide.given', { n: f.number(seen.given.cameras) })}
            {seen.overlaps.length === 0 ? <p>{t('decide.noOverlap')}</p> : (
              <>
                <p>{t('decide.overlap', { n: seen.overlaps.length })}</p>
                <ul className={css.list}>
                  {seen.overlaps.map(({ grant, cameras }) => (
                    <li key={grant.id}>{t('decide.overlapOne', { name: holderWords(t, grant), n: f.number(cameras), actions: grant.actions.map((action) => t(`action.${action}`)).join('、') })}</li>
                  ))}
                </ul>
              </>
            )}
          </div>
        )}
        {own && request.state === 'asked' && <p className={css.warn}>{t('decide.own')}</p>}
        {open && (
          <Form layout="vertical">
            <h3>{t('decide.narrow')}</h3>
            <Form.Item label={t('column.actions')}><ActionsField value={actions} onChange={setActions} among={request.actions} /></Form.Item>
            <Form.Item label={t('decide.until')}>
              <DaysUntil most={most} end={request.expires_at} value={days} onChange={setDays} />
            </Form.Item>
            <Form.Item><HoursField value={hours} onChange={setHours} /></Form.Item>
            <Form.Item label={t('decide.mask')}><MaskField value={mask} onChange={setMask} /></Form.Item>
            <Form.Item label={t('decide.minutes')}><InputNumber min={1} max={240} value={minutes} onChange={setMinutes} /></Form.Item>
            <Form.Item label={t('decide.words')}>
              <Input.TextArea rows={2} maxLength={500} aria-label={t('decide.words')} value={words} onChange={(event) => setWords(event.target.value)} />
            </Form.Item>
            <ProblemNote error={act.problem} />
            <div className={css.row}>
              <Button type="primary" loading={act.busy} disabled={actions.length === 0 || !ifMatch} onClick={() => void approve()}>{t('decide.approve')}</Button>
              <Button danger loading={act.busy} disabled={words.trim().length < 4 || !ifMatch} title={t('decide.refuseWhy')} onClick={() => void refuse()}>{t('decide.refuse')}</Button>
              {words.trim().length < 4 && <span className={css.faint}>{t('decide.refuseWhy')}</span>}
            </div>
          </Form>
        )}
      </div>
    </Drawer>
  )
}

function DaysUntil({ most, end, value, onChange }: { most: number; end: string; value: number | null; onChange: (days: number | null) => void }) {
  const t = useText(grantsText)
  const f = useFormat()
  return (
    <span>
      <InputNumber min={1} max={most} value={value} placeholder={String(most)} onChange={onChange} aria-label={t('decide.until')} />{' '}
      {t('when.until', { end: f.dateTime(value === null ? end : inDays(value)) })}
    </span>
  )
}
