import { Button, Form, Input, Segmented, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { usePurposes } from '@/api/queries'
import type { CollectingCamera } from '@/api/traits'
import { useCan } from '@/app/auth'
import { lacksGrant } from '@/parts/live/NoGrant'
import { rememberedPurpose } from '@/parts/live/purpose'
import { CLASSES, className, isVehicle } from '@/parts/names'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useBilingual, useText } from '@/text/language'
import { CAMERAS_MOST, plateAllowed, REASON_LEAST, type Wish } from './asked'
import { ColourSelect } from './Colours'
import css from './search.module.css'
import { searchText } from './text'

const HOURS = [1, 6, 24, 72, 168] as const

/** Whom to look for, where, and why. */
export function SearchForm({ cameras, busy, problem, onSearch, onWords }: {
  cameras: readonly CollectingCamera[]
  busy: boolean
  problem: unknown
  onSearch: (wish: Wish) => void
  onWords: (words: string) => void
}) {
  const t = useText(searchText)
  const p = useText(partsText)
  const pick = useBilingual()
  const can = useCan()
  const purposes = usePurposes()
  const [form] = Form.useForm<Wish>()
  const [what, setWhat] = useState<Wish['what']>('vehicle')
  // Nothing before the form has been drawn once, whatever its type says.
  const chosen = Form.useWatch('cameras', form) as string[] | undefined
  return (
    <Form<Wish>
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ what: 'vehicle', hours: 24, cameras: [], code: rememberedPurpose()?.code, text: '' }}
      onValuesChange={(changed: Partial<Wish>) => { if (changed.what) setWhat(changed.what) }}
      onFinish={onSearch}
    >
      <ProblemNote error={problem ?? purposes.error} />
      {lacksGrant(problem) && can('grants.request') && chosen?.[0] && (
        <p className={css.said}><Link to={`/video/grants/ask?camera=${chosen[0]}`}><Button>{t('ask')}</Button></Link></p>
      )}
      <div className={css.form}>
        <Form.Item className={css.wide} name="cameras" label={t('cameras')} rules={[{ required: true, type: 'array', min: 1, max: CAMERAS_MOST, message: t('cameras.needed') }]}>
          <Select
            mode="multiple"
            maxCount={CAMERAS_MOST}
            placeholder={t('cameras.hint', { n: CAMERAS_MOST })}
            showSearch={{ filterOption: false, onSearch: onWords }}
            options={cameras.map((camera) => ({ value: camera.camera_id, label: cameraLine(camera, t) }))}
          />
        </Form.Item>
        <Form.Item name="what" label={t('what')}>
          <Segmented options={(['vehicle', 'person', 'any'] as const).map((value) => ({ value, label: t(`what.${value}`) }))} />
        </Form.Item>
        <Form.Item name="hours" label={t('hours')}>
          <Select options={HOURS.map((n) => ({ value: n, label: n < 48 ? t('hours.n', { n }) : t('hours.d', { n: n / 24 }) }))} />
        </Form.Item>
        {what === 'vehicle' && (
          <>
            <Form.Item name="plate" label={t('plate')} rules={[{ validator: (_, value?: string) => (!value?.trim() || plateAllowed(value) ? Promise.resolve() : Promise.reject(new Error(t('plate.wrong')))) }]}>
              <Input placeholder={t('plate.hint')} maxLength={20} />
            </Form.Item>
            <Form.Item name="kinds" label={t('kinds')}>
              <Select mode="multiple" allowClear placeholder={t('any')} options={CLASSES.filter(isVehicle).map((value) => ({ value, label: className(p, value) }))} />
            </Form.Item>
            <Form.Item name="colour" label={t('colour')}><ColourSelect /></Form.Item>
          </>
        )}
        {what === 'person' && (
          <>
            <Form.Item name="upper" label={t('upper')}><ColourSelect /></Form.Item>
            <Form.Item name="lower" label={t('lower')}><ColourSelect /></Form.Item>
          </>
        )}
        <Form.Item name="code" label={t('purpose')} rules={[{ required: true }]}>
          <Select loading={purposes.isPending} options={(purposes.data?.items ?? []).map((purpose) => ({ value: purpose.code, label: pick(purpose) }))} />
        </Form.Item>
        <Form.Item className={css.wide} name="text" label={t('reason')} rules={[{ required: true, whitespace: true, min: REASON_LEAST, message: t('reason.needed', { n: REASON_LEAST }) }]}>
          <Input placeholder={t('reason.hint')} maxLength={500} />
        </Form.Item>
      </div>
      <Button type="primary" htmlType="submit" loading={busy}>{t('go')}</Button>
    </Form>
  )
}

function cameraLine(camera: CollectingCamera, t: ReturnType<typeof useText<keyof typeof searchText.zh>>): string {
  const said = [t('cameras.days', { n: camera.days })]
  if (camera.plates) said.push(t('cameras.plates'))
  if (!camera.enabled) said.push(t('cameras.off'))
  return `${camera.name} · ${said.join(' · ')}`
}
