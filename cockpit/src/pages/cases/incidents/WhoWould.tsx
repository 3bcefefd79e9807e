import { Input } from 'antd'
import { useState } from 'react'
import { useWho } from '@/api/incidents'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { useText } from '@/text/language'
import own from './incidents.module.css'
import { incidentsText } from './text'
import { WhatSelect, type What } from './WhatSelect'

const OFFSET = '+08:00'

/** Asks the rules who would get an incident, before it happens. */
export function WhoWould() {
  const t = useText(incidentsText)
  const [what, setWhat] = useState<What>({ scene: '', incident: '' })
  const [region, setRegion] = useState<string | undefined>()
  const [at, setAt] = useState('')
  const ready = what.incident !== '' && region !== undefined
  const found = useWho(ready ? { ...what, region, at: at ? `${at}:00${OFFSET}` : undefined } : null)
  const who = found.data
  return (
    <Panel title={t('who.title')}>
      <p className={own.faint}>{t('who.text')}</p>
      <div className={own.form}>
        <WhatSelect value={what} onChange={setWhat} />
        <RegionSelect placeholder={t('who.region')} {...(region ? { value: region } : {})} onChange={setRegion} />
        <label>{t('who.at')} <Input type="datetime-local" style={{ width: 210 }} value={at} onChange={(event) => setAt(event.target.value)} /></label>
      </div>
      <ProblemNote error={found.error} />
      {who && (
        <div className={own.answer} aria-live="polite">
          <p><strong>{who.quiet ? t('who.quiet') : t('who.answer', { unit: who.organisation || t('rule.nobody'), acknowledge: who.acknowledge_minutes, close: who.close_minutes })}</strong></p>
          <p className={own.faint}>{who.decides ? t('who.rule', { rule: who.decides.note || '—' }) : t('who.default', { severity: who.severity })}</p>
          {who.others.length > 0 && <p className={own.faint}>{t('who.others', { n: who.others.length })}</p>}
        </div>
      )}
    </Panel>
  )
}
