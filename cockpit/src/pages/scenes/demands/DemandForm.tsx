import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Space } from 'antd'
import { useCallback, useState } from 'react'
import { useNavigate } from 'react-router'
import { fileDemand, type Demand, type DemandBody, type DemandPlace } from '@/api/demands'
import { useScenes } from '@/api/scenes'
import { ChoiceFields } from '@/pages/grants/ChoiceFields'
import { HoursField } from '@/pages/grants/TermsFields'
import { chosen, said } from '@/pages/grants/words'
import { localOf, momentOf } from '@/pages/health/moments'
import { areaWord } from '@/pages/scenes/kinds/words'
import { hoursAfter } from '@/pages/maintenance/days'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useAct } from '@/parts/useAct'
import { useBilingual, useLanguage, useText } from '@/text/language'
import css from './demands.module.css'
import { empty, percentOf, ready, shareOf } from './draft'
import { PointsField } from './PointsField'
import { demandsText } from './text'

const WEEK_HOURS = 168

/** A need as a department files it; the platform matches it at once. */
export function DemandForm({ scene, onClose }: { scene?: string | undefined; onClose: () => void }) {
  const t = useText(demandsText)
  const act = useAct()
  const navigate = useNavigate()
  const pick = useBilingual()
  const { language } = useLanguage()
  const scenes = useScenes().data?.items ?? []
  const areas = [...new Set(scenes.map((one) => one.area))]
  const [body, setBody] = useState<DemandBody>(() => empty(scene))
  const set = (part: Partial<DemandBody>) => setBody((before) => ({ ...before, ...part }))
  const setPoints = useCallback((next: (before: DemandPlace[]) => DemandPlace[]) => setBody((before) => ({ ...before, points: next(before.points) })), [])
  const what = scenes.find((one) => one.code === body.scene)
  const save = async () => {
    let made: Demand | undefined
    if (!(await act.run(async () => { made = await fileDemand({ ...body, cameras: said(body.cameras) }) }, ['demands'])) || !made) return
    onClose()
    void navigate(`/scenes/demands/${made.id}`)
  }
  return (
    <Drawer open size={820} title={t('add')} onClose={onClose}>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('form.scene')} required extra={what && pick(what.what)}>
          <Select
            aria-label={t('form.scene')} showSearch={{ optionFilterProp: 'label' }} {...(body.scene ? { value: body.scene } : {})} onChange={(next: string) => set({ scene: next })}
            options={areas.map((area) => ({ label: areaWord(language, area), options: scenes.filter((one) => one.area === area).map((one) => ({ value: one.code, label: pick(one.name) })) }))}
          />
        </Form.Item>
        <Form.Item label={t('form.title')} required><Input value={body.title} maxLength={100} placeholder={t('form.title.hint')} onChange={(event) => set({ title: event.target.value })} /></Form.Item>
        <Form.Item label={t('form.region')} required><RegionSelect {...(body.region ? { value: body.region } : {})} onChange={(region) => set({ region: region ?? '' })} /></Form.Item>
        <Form.Item label={t('form.points')}>
          <p className={css.hint}>{t('form.points.hint')}</p>
          <PointsField value={body.points} onChange={setPoints} />
        </Form.Item>
      </Form>
      <details>
        <summary className={css.section}>{t('form.choice')}</summary>
        <ChoiceFields choice={body.cameras} onChange={(cameras) => set({ cameras })} />
      </details>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('form.period')} required>
          <Space wrap>
            <Input type="datetime-local" aria-label={t('form.period')} value={localOf(new Date(body.starts_at))} onChange={(event) => { const at = momentOf(event.target.value); if (at) set({ starts_at: at }) }} />
            –
            <Input type="datetime-local" aria-label={t('form.period')} disabled={body.ends_at === null} value={body.ends_at ? localOf(new Date(body.ends_at)) : ''} onChange={(event) => { const at = momentOf(event.target.value); if (at) set({ ends_at: at }) }} />
            <Checkbox checked={body.ends_at === null} onChange={(event) => set({ ends_at: event.target.checked ? null : hoursAfter(new Date(body.starts_at), WEEK_HOURS).toISOString() })}>{t('form.open')}</Checkbox>
          </Space>
        </Form.Item>
        <Form.Item><HoursField value={body.hours} onChange={(hours) => set({ hours })} /></Form.Item>
        <Form.Item label={t('form.error')} extra={t('form.error.hint')}><InputNumber min={0.1} max={100} suffix="%" value={percentOf(body.error_most)} onChange={(next) => set({ error_most: shareOf(next) })} /></Form.Item>
        <Form.Item label={t('form.reason')} required><Input.TextArea rows={3} maxLength={2000} value={body.reason} onChange={(event) => set({ reason: event.target.value })} /></Form.Item>
        <Form.Item label={t('form.contact')}><Input value={body.contact} maxLength={200} onChange={(event) => set({ contact: event.target.value })} /></Form.Item>
        <ProblemNote error={act.problem} />
        <Button type="primary" loading={act.busy} disabled={!ready(body, chosen(body.cameras))} onClick={() => void save()}>{t('form.file')}</Button>
      </Form>
    </Drawer>
  )
}
