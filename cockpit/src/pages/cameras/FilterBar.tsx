import { Button, Input, Select } from 'antd'
import { useEffect, useState } from 'react'
import { usePlatforms } from '@/api/queries'
import { partsText } from '@/parts/text'
import { HealthMark } from '@/parts/HealthMark'
import { useText } from '@/text/language'
import css from './CamerasPage.module.css'
import { isEmpty, SORTS, withFilter, type Filters, type Sort } from './filters'
import { SelectionMark } from './select/SelectionMark'
import { camerasText, vocabulary } from './text'
import { KINDS, PLACES, SECTORS } from './vocabulary'

const SETTLE_MS = 300
const STATES = ['works', 'bad', 'offline', 'unknown'] as const
const FLAGS = ['true', 'false'] as const

interface Props {
  filters: Filters
  sort: Sort | null
  onChange: (filters: Filters) => void
  onSort: (sort: Sort) => void
}

export function FilterBar({ filters, sort, onChange, onSort }: Props) {
  const t = useText(camerasText)
  const p = useText(partsText)
  const platforms = usePlatforms()
  const [typed, setTyped] = useState(filters.q ?? '')
  const [known, setKnown] = useState(filters.q ?? '')
  // The address changed under us (back, a link): show what it says.
  if ((filters.q ?? '') !== known) {
    setKnown(filters.q ?? '')
    setTyped(filters.q ?? '')
  }
  useEffect(() => {
    if (typed.trim() === known) return undefined
    const timer = window.setTimeout(() => {
      setKnown(typed.trim())
      onChange(withFilter(filters, 'q', typed.trim() || undefined))
    }, SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [typed, known, filters, onChange])

  const set = <K extends keyof Filters>(key: K) => (value: Filters[K] | undefined) => onChange(withFilter(filters, key, value))
  const flag = (key: 'has_source' | 'analysis', group: 'source' | 'analysis') => (
    <Select
      aria-label={t(`filter.${group}`)}
      placeholder={t(`filter.${group}`)}
      allowClear
      popupMatchSelectWidth={false}
      value={filters[key] === undefined ? undefined : String(filters[key])}
      options={FLAGS.map((value) => ({ value, label: t(`filter.${group}.${value}`) }))}
      onChange={(value: string | undefined) => set(key)(value === undefined ? undefined : value === 'true')}
    />
  )

  return (
    <div className={css.bar} role="search">
      <Input.Search
        className={css.search}
        allowClear
        value={typed}
        aria-label={t('filter.searchLabel')}
        placeholder={t('filter.search')}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(value) => set('q')(value.trim() || undefined)}
      />
      <Select
        aria-label={t('filter.health')}
        placeholder={t('filter.health')}
        allowClear
        popupMatchSelectWidth={false}
        value={filters.health}
        options={STATES.map((value) => ({ value, label: <HealthMark health={value} label />, title: p(`health.${value}`) }))}
        onChange={set('health')}
      />
      <Select
        aria-label={t('col.kind')}
        placeholder={t('col.kind')}
        allowClear
        popupMatchSelectWidth={false}
        value={filters.kind}
        options={KINDS.map((value) => ({ value, label: vocabulary(t, 'kind', value) }))}
        onChange={set('kind')}
      />
      <Select
        aria-label={t('col.sector')}
        placeholder={t('col.sector')}
        allowClear
        popupMatchSelectWidth={false}
        value={filters.sector}
        options={SECTORS.map((value) => ({ value, label: vocabulary(t, 'sector', value) }))}
        onChange={set('sector')}
      />
      <Select
        aria-label={t('col.place')}
        placeholder={t('col.place')}
        allowClear
        popupMatchSelectWidth={false}
        value={filters.place}
        options={PLACES.map((value) => ({ value, label: vocabulary(t, 'place', value) }))}
        onChange={set('place')}
      />
      <Select
        aria-label={t('col.platform')}
        placeholder={t('col.platform')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        popupMatchSelectWidth={false}
        value={filters.platform}
        options={(platforms.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
        onChange={set('platform')}
      />
      {flag('has_source', 'source')}
      {flag('analysis', 'analysis')}
      {filters.selection && <SelectionMark id={filters.selection} onClear={() => { set('selection')(undefined) }} />}
      {!isEmpty(filters) && <Button type="link" size="small" onClick={() => onChange({})}>{t('filter.clear')}</Button>}
      {sort && (
        <Select
          style={{ marginLeft: 'auto' }}
          aria-label={t('sort.label')}
          popupMatchSelectWidth={false}
          value={sort}
          options={SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))}
          onChange={onSort}
        />
      )}
    </div>
  )
}
