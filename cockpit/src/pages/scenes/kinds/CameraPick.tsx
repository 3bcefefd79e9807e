import { Select } from 'antd'
import { useState } from 'react'
import { useCameras } from '@/api/queries'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { kindsText } from './text'

const REST = 300

/** Finds one camera that can be opened, by name, code or address. */
export function CameraPick({ value, name, onChange }: { value?: string | undefined; name?: string | undefined; onChange: (id: string) => void }) {
  const t = useText(kindsText)
  const [typed, setTyped] = useState('')
  const q = useSettled(typed.trim(), REST)
  const found = useCameras({ q, limit: 20, has_source: true })
  const options = (found.data?.items ?? []).map((camera) => ({ value: camera.id, label: camera.name }))
  if (value && name && !options.some((one) => one.value === value)) options.unshift({ value, label: name })
  return (
    <Select
      style={{ minWidth: 280 }} aria-label={t('camera.pick')} placeholder={t('camera.hint')} loading={found.isFetching}
      showSearch={{ filterOption: false, onSearch: setTyped }} value={value} options={options} onChange={onChange}
    />
  )
}
