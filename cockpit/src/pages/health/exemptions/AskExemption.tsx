import { App, Button, Drawer, Form, Input, Select, Upload } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useReasonKinds, type Exemption, type ExemptChoice, type Foreseen } from '@/api/exemptions'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useBilingual, useText } from '@/text/language'
import { localOf, momentOf } from '../moments'
import css from '../told.module.css'
import { Effect } from './Effect'
import { exemptionsText } from './text'

const DAY = 86_400_000

/** Asks for an exemption: reason, cameras, span, evidence; the effect can be seen before it is sent. */
export function AskExemption({ selection, onClose }: { selection: string | null; onClose: () => void }) {
  const t = useText(exemptionsText)
  const pick = useBilingual()
  const { message } = App.useApp()
  const act = useAct()
  const kinds = useReasonKinds()
  const [kind, setKind] = useState<string>()
  const [words, setWords] = useState('')
  const [region, setRegion] = useState<string>()
  const [codes, setCodes] = useState('')
  const [from, setFrom] = useState(() => localOf(new Date()))
  const [to, setTo] = useState(() => localOf(new Date(Date.now() + 7 * DAY)))
  const [file, setFile] = useState<File | null>(null)
  const [seen, setSeen] = useState<Foreseen | null>(null)
  const reason = kinds.data?.items.find((one) => one.code === kind)
  const listed = codes.split(/[\s,，;；]+/).filter(Boolean)
  const choice: ExemptChoice = { ...(region ? { region } : {}), ...(listed.length > 0 ? { codes: listed } : {}), ...(selection ? { selection } : {}) }
  const chosen = Object.keys(choice).length > 0
  const [starts, ends] = [momentOf(from), momentOf(to)]
  const ready = chosen && reason !== undefined && words.trim().length >= reason.words_least && starts !== undefined && ends !== undefined
  const changed = <T,>(set: (value: T) => void) => (value: T) => { set(value); setSeen(null) }

  const look = () => act.run(async () => setSeen((await call<Foreseen>('POST', '/exemptions/preview', { body: choice })).data))
  const send = async () => {
    const went = await act.run(async () => {
      const { data: made } = await call<Exemption>('POST', '/exemptions', { body: { kind, words, cameras: choice, starts_at: starts, ends_at: ends } })
      if (file) await call('PUT', `/exemptions/${made.id}/file`, { query: { name: file.name }, file: file.slice(0, file.size, 'application/octet-stream') })
    }, ['exemptions'])
    if (!went) return
    void message.success(t('form.sent'))
    onClose()
  }
  return (
    <Drawer open size={560} title={t('form.title')} onClose={onClose}>
      <Form layout="vertical">
        <Form.Item label={t('form.kind')} extra={reason && pick({ zh: reason.hint_zh, en: reason.hint_en })}>
          <Select aria-label={t('form.kind')} value={kind} onChange={setKind} options={(kinds.data?.items ?? []).map((one) => ({ value: one.code, label: pick(one) }))} />
        </Form.Item>
        <Form.Item label={t('form.words')}>
          <Input.TextArea rows={2} maxLength={1000} aria-label={t('form.words')} value={words} onChange={(event) => setWords(event.target.value)} />
        </Form.Item>
        <Form.Item label={t('form.cameras')} extra={t('form.narrow')}>
          <div className={css.stack}>
            {selection && <span>{t('form.selection')} <span className={css.faint}>{t('form.selectionText')}</span></span>}
            <RegionSelect placeholder={t('form.region')} {...(region ? { value: region } : {})} onChange={changed(setRegion)} />
            <Input.TextArea rows={3} aria-label={t('form.codes')} placeholder={t('form.codes')} value={codes} onChange={(event) => changed(setCodes)(event.target.value)} />
          </div>
        </Form.Item>
        <Form.Item extra={kinds.data && t('form.limits', { days: kinds.data.days_most, back: kinds.data.back_days })}>
          <div className={css.row}>
            <label>{t('form.from')} <Input type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} /></label>
            <label>{t('form.to')} <Input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} /></label>
          </div>
        </Form.Item>
        <Form.Item label={t('form.file')}>
          <Upload accept=".pdf,.jpg,.jpeg,.png" maxCount={1} fileList={file ? [{ uid: '1', name: file.name }] : []} beforeUpload={(next) => { setFile(next); return false }} onRemove={() => setFile(null)}>
            <Button size="small">{t('form.choose')}</Button>
          </Upload>
        </Form.Item>
        {seen && <Effect found={seen} />}
        <ProblemNote error={act.problem ?? kinds.error} />
        <div className={css.row} style={{ marginTop: 14 }}>
          <Button disabled={!chosen} loading={act.busy} onClick={() => void look()}>{t('form.preview')}</Button>
          <Button type="primary" disabled={!ready} loading={act.busy} onClick={() => void send()}>{t('form.send')}</Button>
        </div>
      </Form>
    </Drawer>
  )
}
