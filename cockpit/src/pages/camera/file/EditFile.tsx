import { App, AutoComplete, Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { call, type Answer } from '@/api/client'
import { READS, type FileField } from '@/api/records'
import type { Camera } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useBilingual, useText } from '@/text/language'
import { fileText } from './text'

type Values = Record<string, string | undefined>

/** Only what was changed is sent; an emptied field is taken away. */
export function changed(before: Readonly<Record<string, string>>, values: Values): Record<string, string | null> {
  const said: Record<string, string | null> = {}
  for (const [code, value] of Object.entries(values)) {
    const now = value?.trim() ?? ''
    if (now !== (before[code] ?? '')) said[code] = now || null
  }
  return said
}

/** Edits the file under the ETag of what the person saw when the dialog opened. */
export function EditFile({ read, fields, onClose }: { read: Answer<Camera>; fields: readonly FileField[]; onClose: () => void }) {
  const t = useText(fileText)
  const p = useText(partsText)
  const pick = useBilingual()
  const { message } = App.useApp()
  const [form] = Form.useForm<Values>()
  const [base] = useState(read)
  const act = useAct()
  const save = async (values: Values) => {
    const file = changed(base.data.file ?? {}, values)
    if (Object.keys(file).length === 0) {
      onClose()
      return
    }
    if (await act.run(() => call('PATCH', `/cameras/${base.data.id}`, { body: { file }, ifMatch: base.etag ?? undefined }), READS)) {
      void message.success(t('edit.done'))
      onClose()
    }
  }
  return (
    <Modal open width={860} title={t('edit')} okText={p('common.save')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={act.problem} />
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={base.data.file ?? {}} onFinish={(values) => void save(values)}>
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, 1fr)', gap: '0 16px' }}>
          {fields.map((field) => {
            const choices = Object.entries(field.choices)
            return (
              <Form.Item key={field.code} name={field.code} label={pick(field)} {...(field.note_zh ? { tooltip: pick({ zh: field.note_zh, en: field.note_en }) } : {})}>
                {choices.length > 0
                  ? <Select allowClear options={choices.map(([value, [zh, en]]) => ({ value, label: `${value} ${pick({ zh, en })}` }))} />
                  : field.type === 'unit' ? <AutoComplete allowClear /> : <Input maxLength={300} placeholder={field.example} spellCheck={false} />}
              </Form.Item>
            )
          })}
        </div>
      </Form>
    </Modal>
  )
}
