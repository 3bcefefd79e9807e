import { useQueryClient } from '@tanstack/react-query'
import { App, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { usePurposes } from '@/api/queries'
import { askExport } from '@/api/recordings'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './playback.module.css'
import type { Window } from './span'
import { playbackText } from './text'

interface Props {
  cameras: readonly { id: string; name: string }[]
  mark: Window
  purpose: ChosenPurpose | undefined
  onClose: () => void
}

/** Asks for a clip: what, and why. It is made in the background and found again in the list. */
export function ExportDialog({ cameras, mark, purpose, onClose }: Props) {
  const t = useText(playbackText)
  const f = useFormat()
  const pick = useBilingual()
  const { message } = App.useApp()
  const queries = useQueryClient()
  const purposes = usePurposes()
  const [form] = Form.useForm<{ cameras: string[]; code: string; text: string }>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const code = Form.useWatch('code', form)
  const needed = purposes.data?.items.find((one) => one.code === code)?.needs_text === true

  const ask = async (said: { cameras: string[]; code: string; text?: string }) => {
    setBusy(true)
    setProblem(null)
    try {
      await askExport({
        cameras: said.cameras, from: new Date(mark.begin).toISOString(), to: new Date(mark.end).toISOString(), purpose_code: said.code, purpose_text: (said.text ?? '').trim(),
      })
      void queries.invalidateQueries({ queryKey: ['exports'] })
      void message.success(t('export.asked'))
      onClose()
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal open title={t('export.title')} okText={t('export.start')} cancelText={t('export.cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose} destroyOnHidden>
      <p className={css.hint}>{f.dateTime(mark.begin)} – {f.dateTime(mark.end)} · {f.seconds((mark.end - mark.begin) / 1000)}</p>
      <p className={css.hint}>{t('export.about')}</p>
      <ProblemNote error={problem} />
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ cameras: cameras.map(({ id }) => id), code: purpose?.emergency ? undefined : purpose?.code, text: purpose?.text ?? '' }} onFinish={(said: { cameras: string[]; code: string; text?: string }) => void ask(said)}>
        <Form.Item name="cameras" label={t('export.cameras')} rules={[{ required: true, message: t('export.camerasNeeded') }]}>
          <Select mode="multiple" options={cameras.map(({ id, name }) => ({ value: id, label: name }))} />
        </Form.Item>
        <Form.Item name="code" label={t('export.purpose')} rules={[{ required: true, message: t('export.purposeNeeded') }]}>
          <Select options={(purposes.data?.items ?? []).map((one) => ({ value: one.code, label: pick(one) }))} />
        </Form.Item>
        <Form.Item name="text" label={t('export.text')} rules={needed ? [{ required: true, whitespace: true, message: t('export.textNeeded') }] : []}>
          <Input maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
