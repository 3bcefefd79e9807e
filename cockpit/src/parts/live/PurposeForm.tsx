import { Button, Checkbox, Form, Input, Select } from 'antd'
import { usePurposes } from '@/api/queries'
import { useBilingual, useText } from '@/text/language'
import { partsText } from '../text'
import { ProblemNote } from '../ProblemNote'
import { lacksGrant, NoGrant } from './NoGrant'
import { rememberedPurpose, type ChosenPurpose } from './purpose'
import css from './PurposeForm.module.css'
import { liveText } from './text'

interface Props {
  /** Given, somebody without a grant is offered to ask for one, or to look in an emergency. */
  cameraId?: string
  busy: boolean
  problem: unknown
  onChosen: (purpose: ChosenPurpose) => void
}

/** No reason, no frame: asks why the picture is looked at. */
export function PurposeForm({ cameraId, busy, problem, onChosen }: Props) {
  const t = useText(liveText)
  const p = useText(partsText)
  const pick = useBilingual()
  const purposes = usePurposes()
  const [form] = Form.useForm<ChosenPurpose>()
  const remembered = rememberedPurpose()
  const code = Form.useWatch('code', form)
  const chosen = purposes.data?.items.find((purpose) => purpose.code === code)

  return (
    <div className={css.ask}>
      <div className={css.card}>
        <h3>{t('purpose.title')}</h3>
        <p className={css.why}>{t('purpose.why')}</p>
        <ProblemNote error={problem ?? purposes.error} />
        {cameraId && lacksGrant(problem) && <NoGrant cameraId={cameraId} busy={busy} onEmergency={(text) => onChosen({ code: 'emergency', text, keep: false, emergency: true })} />}
        <Form<ChosenPurpose>
          form={form}
          layout="vertical"
          size="middle"
          requiredMark={false}
          initialValues={remembered ?? { keep: false, text: '' }}
          onFinish={(values) => onChosen({ code: values.code, text: values.text.trim(), keep: values.keep })}
        >
          <Form.Item name="code" label={t('purpose.code')} rules={[{ required: true, message: t('purpose.needed') }]}>
            <Select
              loading={purposes.isPending}
              placeholder={t('purpose.choose')}
              options={(purposes.data?.items ?? []).map((purpose) => ({ value: purpose.code, label: pick(purpose) }))}
            />
          </Form.Item>
          <Form.Item
            name="text"
            label={t('purpose.text')}
            rules={chosen?.needs_text ? [{ required: true, whitespace: true, message: t('purpose.textNeeded') }] : []}
          >
            <Input placeholder={t('purpose.textHint')} maxLength={200} />
          </Form.Item>
          <div className={css.foot}>
            <Form.Item name="keep" valuePropName="checked" noStyle>
              <Checkbox>{t('purpose.keep')}</Checkbox>
            </Form.Item>
            <Button type="primary" htmlType="submit" loading={busy}>{busy ? p('common.loading') : t('purpose.start')}</Button>
          </div>
        </Form>
      </div>
    </div>
  )
}
