import { Button, Checkbox, Input, Select } from 'antd'
import { useState } from 'react'
import { path, type Query } from '@/api/client'
import { useCameras, usePurposes } from '@/api/queries'
import { dayEdge } from '../day'
import { Panel } from '../Page'
import { useSettled } from '../useSettled'
import { useBilingual, useText } from '@/text/language'
import { registerText } from './index'
import css from './RegisterPanel.module.css'
import { RetrievalTable } from './RetrievalTable'

const HOLDERS = ['person', 'platform', 'server', 'system'] as const
const ACTIONS = ['live', 'playback', 'download', 'snapshot'] as const
const SETTLED_MS = 400

/** The register with everything it can be searched by; what is exported is what is shown. */
export function RegisterPanel() {
  const t = useText(registerText)
  const pick = useBilingual()
  const purposes = usePurposes()
  const [holder, setHolder] = useState<string | undefined>('person')
  const [purpose, setPurpose] = useState<string>()
  const [action, setAction] = useState<string>()
  const [camera, setCamera] = useState<string>()
  const [words, setWords] = useState('')
  const [unit, setUnit] = useState('')
  const [emergency, setEmergency] = useState(false)
  const [since, setSince] = useState('')
  const [until, setUntil] = useState('')
  const q = useSettled(words.trim(), SETTLED_MS)
  const query: Query = {
    q, unit: useSettled(unit.trim(), SETTLED_MS), camera, holder_kind: holder, purpose, action, emergency: emergency || undefined,
    from: dayEdge(since, false), to: dayEdge(until, true),
  }
  return (
    <Panel flush>
      <div className={css.bar} role="search">
        <Input allowClear style={{ width: 220 }} aria-label={t('words')} placeholder={t('words')} value={words} onChange={(event) => setWords(event.target.value)} />
        <Input allowClear style={{ width: 170 }} aria-label={t('unit')} placeholder={t('unitWhole')} value={unit} onChange={(event) => setUnit(event.target.value)} />
        <CameraSelect value={camera} onChange={setCamera} />
        <Select allowClear placeholder={t('kind')} aria-label={t('kind')} popupMatchSelectWidth={false} value={holder} options={HOLDERS.map((value) => ({ value, label: t(`kind.${value}`) }))} onChange={(value: string | undefined) => setHolder(value)} />
        <Select
          allowClear placeholder={t('purpose')} aria-label={t('purpose')} popupMatchSelectWidth={false} value={purpose}
          options={(purposes.data?.items ?? []).map((one) => ({ value: one.code, label: pick(one) }))} onChange={(value: string | undefined) => setPurpose(value)}
        />
        <Select allowClear placeholder={t('action')} aria-label={t('action')} popupMatchSelectWidth={false} value={action} options={ACTIONS.map((value) => ({ value, label: t(`action.${value}`) }))} onChange={(value: string | undefined) => setAction(value)} />
        <Checkbox checked={emergency} onChange={(event) => setEmergency(event.target.checked)}>{t('emergencyOnly')}</Checkbox>
        <label>{t('since')} <input type="date" value={since} onChange={(event) => setSince(event.target.value)} /></label>
        <label>{t('until')} <input type="date" value={until} onChange={(event) => setUntil(event.target.value)} /></label>
        <Button href={path('/retrievals/export.csv', query)} download>{t('export')}</Button>
      </div>
      <RetrievalTable query={query} />
    </Panel>
  )
}

function CameraSelect({ value, onChange }: { value: string | undefined; onChange: (id: string | undefined) => void }) {
  const t = useText(registerText)
  const [typed, setTyped] = useState('')
  const [name, setName] = useState('')
  const q = useSettled(typed.trim(), SETTLED_MS)
  const found = useCameras({ q, limit: 20 }, q !== '')
  const options = (found.data?.items ?? []).map((camera) => ({ value: camera.id, label: camera.name }))
  if (value && !options.some((one) => one.value === value)) options.unshift({ value, label: name })
  return (
    <Select
      allowClear style={{ width: 190 }} placeholder={t('camera')} aria-label={t('camera')} showSearch={{ filterOption: false, onSearch: setTyped }} value={value} options={options}
      onChange={(id: string | undefined) => {
        setName(options.find((one) => one.value === id)?.label ?? '')
        onChange(id)
      }}
    />
  )
}
