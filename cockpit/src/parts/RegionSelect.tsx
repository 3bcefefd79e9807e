import { Select } from 'antd'
import { useState } from 'react'
import { useRegion, useRegions } from '@/api/queries'

interface Props {
  value?: string
  onChange?: (code: string | undefined) => void
  placeholder?: string
  id?: string
}

/** Chooses a region by typing part of its name. */
export function RegionSelect({ value, onChange, placeholder, id }: Props) {
  const [typed, setTyped] = useState('')
  const found = useRegions({ q: typed, limit: 20 }, typed.trim() !== '')
  const cities = useRegions({ parent: '45' })
  const items = typed.trim() ? (found.data?.items ?? []) : (cities.data?.items ?? [])
  const label = (region: { name: string; code: string }) => ({ value: region.code, label: `${region.name}  ${region.code}` })
  const options = items.map(label)
  const listed = value === undefined || options.some((option) => option.value === value)
  const chosen = useRegion(value, !listed).data
  if (value && !listed) options.unshift(chosen ? label(chosen) : { value, label: value })
  return (
    <Select
      {...(id ? { id } : {})}
      allowClear
      showSearch={{ filterOption: false, onSearch: setTyped }}
      placeholder={placeholder}
      value={value}
      options={options}
      onChange={(next: string | undefined) => onChange?.(next)}
    />
  )
}
