import { App, Form, Input, Modal, Radio } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import type { Report } from '@/api/reports'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { lastMonth } from './lastMonth'
import { reportsText } from './text'

/** Has a report made; from one that is there it takes what was said of it. */
export function MakeReport({ before, onClose }: { before: Report | null; onClose: () => void }) {
  const t = useText(reportsText)
  const { message } = App.useApp()
  const act = useAct()
  const [month, setMonth] = useState(before?.month ?? lastMonth(new Date()))
  const [region, setRegion] = useState<string | undefined>(before?.region)
  const [unit, setUnit] = useState(before?.unit ?? '')
  const [language, setLanguage] = useState<'zh' | 'en'>(before?.language ?? 'zh')
  const [note, setNote] = useState('')
  const send = async () => {
    const body = { month, language, note: note.trim(), region: region ?? null, unit: unit.trim() || null }
    if (!(await act.run(() => call('POST', '/reports', { body }), ['reports']))) return
    void message.success(t('form.queued'))
    onClose()
  }
  return (
    <Modal open title={before ? t('again') : t('make')} okText={before ? t('again') : t('make')} cancelText={t('cancel')} confirmLoading={act.busy} okButtonProps={{ disabled: !month }} onOk={() => void send()} onCancel={onClose}>
      <Form layout="vertical">
        <Form.Item label={t('form.month')}><Input type="month" aria-label={t('form.month')} value={month} onChange={(event) => setMonth(event.target.value)} /></Form.Item>
        <Form.Item label={t('form.region')}><RegionSelect {...(region ? { value: region } : {})} onChange={setRegion} /></Form.Item>
        <Form.Item label={t('form.unit')}><Input maxLength={100} aria-label={t('form.unit')} value={unit} onChange={(event) => setUnit(event.target.value)} /></Form.Item>
        <Form.Item label={t('form.language')}>
          <Radio.Group value={language} onChange={(event) => setLanguage(event.target.value as 'zh' | 'en')} options={(['zh', 'en'] as const).map((value) => ({ value, label: t(`language.${value}`) }))} />
        </Form.Item>
        {before && <Form.Item label={t('form.note')}><Input maxLength={300} aria-label={t('form.note')} value={note} onChange={(event) => setNote(event.target.value)} /></Form.Item>}
      </Form>
      <ProblemNote error={act.problem} />
    </Modal>
  )
}
