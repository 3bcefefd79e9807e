import { Button, Select } from 'antd'
import { useState } from 'react'
import { path, type Query } from '@/api/client'
import { usePurposes } from '@/api/queries'
import { dayEdge } from '@/parts/day'
import { Panel } from '@/parts/Page'
import { RetrievalTable } from '@/parts/register/RetrievalTable'
import { useBilingual, useText } from '@/text/language'
import css from './SystemPage.module.css'
import { systemText } from './text'

export function RegisterSection() {
  const t = useText(systemText)
  const pick = useBilingual()
  const purposes = usePurposes()
  const [holder, setHolder] = useState<string | undefined>('person')
  const [purpose, setPurpose] = useState<string>()
  const [since, setSince] = useState('')
  const [until, setUntil] = useState('')
  const query: Query = { holder_kind: holder, purpose, from: dayEdge(since, false), to: dayEdge(until, true) }
  return (
    <Panel flush>
      <div className={css.bar}>
        <Select
          allowClear
          placeholder={t('register.holder')}
          aria-label={t('register.holder')}
          popupMatchSelectWidth={false}
          value={holder}
          options={(['person', 'system'] as const).map((value) => ({ value, label: t(`register.${value}`) }))}
          onChange={(value: string | undefined) => setHolder(value)}
        />
        <Select
          allowClear
          placeholder={t('register.purpose')}
          aria-label={t('register.purpose')}
          popupMatchSelectWidth={false}
          value={purpose}
          options={(purposes.data?.items ?? []).map((one) => ({ value: one.code, label: pick(one) }))}
          onChange={(value: string | undefined) => setPurpose(value)}
        />
        <label>{t('register.since')} <input type="date" value={since} onChange={(event) => setSince(event.target.value)} /></label>
        <label>{t('register.until')} <input type="date" value={until} onChange={(event) => setUntil(event.target.value)} /></label>
        <Button href={path('/retrievals/export.csv', query)} download>{t('register.export')}</Button>
      </div>
      <RetrievalTable query={query} />
    </Panel>
  )
}
