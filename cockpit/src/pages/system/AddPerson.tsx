import { useQueryClient } from '@tanstack/react-query'
import { Form, Input, Modal, Select } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { LANGUAGES, type Language } from '@/text/core'
import { useText } from '@/text/language'
import { Secret } from './Secret'
import { systemText } from './text'

interface Fields {
  name: string
  display_name: string
  organisation: string
  roles: string[]
  region: string
  language: Language
}

export function AddPerson({ roles, onClose }: { roles: ReadonlyMap<string, string>; onClose: () => void }) {
  const t = useText(systemText)
  const p = useText(partsText)
  const me = useMe()
  const queries = useQueryClient()
  const [form] = Form.useForm<Fields>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const [made, setMade] = useState<{ name: string; password: string } | null>(null)
  const needed = [{ required: true, message: t('people.needed') }]

  const save = async ({ region, ...fields }: Fields) => {
    setBusy(true)
    setProblem(null)
    try {
      const { data } = await call<{ password: string }>('POST', '/people', { body: { ...fields, regions: [region] } })
      setMade({ name: fields.display_name, password: data.password })
      void queries.invalidateQueries({ queryKey: ['people'] })
    } catch (error) {
      setProblem(error)
    } finally {
      setBusy(false)
    }
  }

  if (made) {
    return (
      <Modal open title={t('people.made', { name: made.name })} cancelButtonProps={{ style: { display: 'none' } }} okText={p('common.close')} onOk={onClose} onCancel={onClose}>
        <Secret label={t('people.password')} value={made.password} />
      </Modal>
    )
  }
  return (
    <Modal open title={t('people.add')} okText={t('people.add')} cancelText={p('common.cancel')} confirmLoading={busy} onOk={() => form.submit()} onCancel={onClose} mask={{ closable: false }}>
      <ProblemNote error={problem} />
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ region: me.regions[0]?.code, language: me.language, organisation: me.organisation }} onFinish={(fields) => void save(fields)}>
        <Form.Item name="display_name" label={t('people.display')} rules={needed}><Input autoFocus maxLength={80} /></Form.Item>
        <Form.Item name="name" label={t('people.name')} extra={t('people.nameRule')} rules={needed}><Input maxLength={40} autoComplete="off" spellCheck={false} /></Form.Item>
        <Form.Item name="organisation" label={t('people.unit')}><Input maxLength={120} /></Form.Item>
        <Form.Item name="roles" label={t('people.roles')} rules={needed}>
          <Select mode="multiple" options={[...roles].map(([value, label]) => ({ value, label }))} />
        </Form.Item>
        <Form.Item name="region" label={t('people.regions')} rules={needed}><RegionSelect /></Form.Item>
        <Form.Item name="language" label={t('people.language')}>
          <Select options={LANGUAGES.map((value) => ({ value, label: p(`language.${value}`) }))} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
