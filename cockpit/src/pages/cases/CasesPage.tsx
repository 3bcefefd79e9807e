import { PlusOutlined } from '@ant-design/icons'
import { Button, Checkbox, Input, Select } from 'antd'
import { useCallback, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import { useCaseKinds, useCaseSummary } from '@/api/cases'
import type { CaseState } from '@/api/types'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { RegionSelect } from '@/parts/RegionSelect'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { CasesNav } from './CasesNav'
import { CaseTable } from './CaseTable'
import css from './cases.module.css'
import { FileCase } from './FileCase'
import { ALL, LIVE, readFilters, writeFilters, type CaseFilters } from './filters'
import { casesText, severityName, stateName } from './text'
import { useCasePulse } from './useCasePulse'

const STATES: readonly CaseState[] = ['open', 'assigned', 'handled', 'verified', 'closed', 'false_alarm', 'merged']
const SEVERITIES = [1, 2, 3, 4] as const

/** All cases a person may see; what somebody still has to do something about comes first. */
export default function CasesPage() {
  const t = useText(casesText)
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const filters = useMemo(() => readFilters(search), [search])
  const [filing, setFiling] = useState(search.get('file') !== null)
  const camera = search.get('file')
  const change = useCallback((next: Partial<CaseFilters>) => setSearch(writeFilters({ ...filters, ...next }), { replace: true }), [filters, setSearch])
  useCasePulse()
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {can('cases.write') && <Button type="primary" icon={<PlusOutlined />} onClick={() => setFiling(true)}>{t('file.open')}</Button>}
      </PageHead>
      <CasesNav />
      <Summary onPick={change} />
      <Panel flush>
        <Filters filters={filters} onChange={change} />
        <CaseTable key={search.toString()} filters={filters} />
      </Panel>
      {filing && <FileCase camera={camera} onClose={() => setFiling(false)} />}
    </div>
  )
}

function Summary({ onPick }: { onPick: (next: Partial<CaseFilters>) => void }) {
  const t = useText(casesText)
  const f = useFormat()
  const found = useCaseSummary().data
  const shown = (count: number | undefined) => (found && !found.whole ? t('summary.atLeast', { n: f.number(count) }) : f.number(count))
  const one = (key: 'open' | 'assigned' | 'handled') => (
    <div>
      <dt><Button type="link" size="small" style={{ padding: 0 }} onClick={() => onPick({ state: key, overdue: false })}>{t(`summary.${key}`)}</Button></dt>
      <dd>{shown(found?.[key])}</dd>
    </div>
  )
  return (
    <dl className={css.summary} aria-label={t('summary.label')}>
      {one('open')}
      {one('assigned')}
      {one('handled')}
      <div data-late={(found?.overdue ?? 0) > 0}>
        <dt><Button type="link" size="small" style={{ padding: 0 }} onClick={() => onPick({ state: LIVE, overdue: true })}>{t('summary.overdue')}</Button></dt>
        <dd>{shown(found?.overdue)}</dd>
      </div>
    </dl>
  )
}

function Filters({ filters, onChange }: { filters: CaseFilters; onChange: (next: Partial<CaseFilters>) => void }) {
  const t = useText(casesText)
  const pick = useBilingual()
  const kinds = useCaseKinds().data?.items ?? []
  const states = [{ value: LIVE, label: t('filter.live') }, { value: ALL, label: t('filter.all') }, ...STATES.map((value) => ({ value, label: stateName(t, value) }))]
  return (
    <div className={css.bar} role="search">
      <Select aria-label={t('filter.state')} value={filters.state} options={states} onChange={(state: string) => onChange({ state })} />
      <Select
        allowClear aria-label={t('filter.kind')} placeholder={t('filter.kind')}
        {...(filters.kind ? { value: filters.kind } : {})}
        options={kinds.map((kind) => ({ value: kind.code, label: pick(kind) }))}
        onChange={(kind?: string) => onChange({ kind: kind ?? '' })}
      />
      <Select
        allowClear aria-label={t('filter.severity')} placeholder={t('filter.severity')}
        {...(filters.severity ? { value: filters.severity } : {})}
        options={SEVERITIES.map((value) => ({ value: String(value), label: severityName(t, value) }))}
        onChange={(severity?: string) => onChange({ severity: severity ?? '' })}
      />
      <RegionSelect placeholder={t('filter.region')} {...(filters.region ? { value: filters.region } : {})} onChange={(region) => onChange({ region: region ?? '' })} />
      <Input.Search
        allowClear aria-label={t('filter.q')} placeholder={t('filter.q')} defaultValue={filters.q} style={{ width: 220 }}
        onSearch={(q) => onChange({ q: q.trim() })}
      />
      <Checkbox checked={filters.mine} onChange={(event) => onChange({ mine: event.target.checked })}>{t('filter.mine')}</Checkbox>
      <Checkbox checked={filters.overdue} onChange={(event) => onChange({ overdue: event.target.checked })}>{t('filter.overdue')}</Checkbox>
    </div>
  )
}
