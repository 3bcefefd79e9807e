import { Select } from 'antd'
import { useState } from 'react'
import { useCameras } from '@/api/queries'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { kindsText } from '../kinds/text'

const REST = 300

/** Chooses several cameras by name, code or address. */
export function CamerasPick({ value, most, onChange }: { value: readonly string[]; most: number; onChange: (ids: string[]) => void }) {
  const t = useText(kindsText)
  const [typed, setTyped] = useState('')
  const [names, setNames] = useState<Record<string, string>>({})
  const q = useSettled(typed.trim(), REST)
  const found = useCameras({ q, limit: 20, has_source: true })
  const known = (found.data?.items ?? []).map((camera) => ({ value: camera.id, label: camera.name }))
  for (const id of value) if (!known.some((one) => one.value === id)) known.push({ value: id, label: names[id] ?? '…' })
  return (
    <Select
      mode="multiple" maxCount={most} style={{ width: '100%' }} aria-label={t('camera.pick')} placeholder={t('camera.hint')}
      showSearch={{ filterOption: false, onSearch: setTyped }} value={[...value]} options={known}
      onChange={(ids: string[]) => {
        setNames({ ...names, ...Object.fromEntries(known.map((one) => [one.value, one.label])) })
        onChange(ids)
      }}
    />
  )
}
