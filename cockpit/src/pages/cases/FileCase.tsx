import { Form, Input, Modal, Select } from 'antd'
import { useNavigate } from 'react-router'
import { call } from '@/api/client'
import { useCamera } from '@/api/queries'
import type { CaseDetail, Severity } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { casesText, severityName } from './text'

interface Fields {
  words: string
  severity: Severity
  region?: string
}

const SEVERITIES: readonly Severity[] = [1, 2, 3, 4]

/** Opens an incident by hand, at a camera or in a region. */
export function FileCase({ camera, onClose }: { camera: string | null; onClose: () => void }) {
  const t = useText(casesText)
  const p = useText(partsText)
  const navigate = useNavigate()
  const act = useAct()
  const [form] = Form.useForm<Fields>()
  const file = async (fields: Fields) => {
    await act.run(async () => {
      const where = camera ? { camera_id: camera } : { region: fields.region }
      const { data } = await call<CaseDetail>('POST', '/cases', { body: { kind: 'incident', words: fields.words, severity: fields.severity, ...where } })
      void navigate(`/cases/${data.id}`)
    }, ['cases'])
  }
  return (
    <Modal open title={t('file.title')} okText={t('file.submit')} cancelText={p('common.cancel')} confirmLoading={act.busy} onOk={() => form.submit()} onCancel={onClose}>
      <Form<Fields> form={form} layout="vertical" requiredMark={false} initialValues={{ severity: 3, words: '' }} onFinish={(fields) => void file(fields)}>
        <ProblemNote error={act.problem} />
        <Form.Item name="words" label={t('file.words')} rules={[{ required: true, whitespace: true, message: t('words.needed') }]}>
          <Input.TextArea autoFocus rows={3} maxLength={2000} placeholder={t('file.wordsHint')} />
        </Form.Item>
        <Form.Item name="severity" label={t('file.severity')}>
          <Select options={SEVERITIES.map((value) => ({ value, label: severityName(t, value) }))} />
        </Form.Item>
        {camera ? (
          <CameraName id={camera} />
        ) : (
          <Form.Item name="region" label={t('file.region')} extra={t('file.where')} rules={[{ required: true, message: t('file.where') }]}>
            <RegionSelect />
          </Form.Item>
        )}
      </Form>
    </Modal>
  )
}

function CameraName({ id }: { id: string }) {
  const t = useText(casesText)
  const camera = useCamera(id)
  return <p>{t('file.camera')}: {camera.data?.data.name ?? id}</p>
}
