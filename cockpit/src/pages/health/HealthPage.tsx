import { Segmented, Tag } from 'antd'
import { useCallback, useMemo } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useIndicators } from '@/api/health'
import { useSummary } from '@/api/queries'
import { useCan, useHomeRegion } from '@/app/auth'
import { HealthPulse } from '@/parts/HealthPulse'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useBilingual, useText } from '@/text/language'
import css from './health.module.css'
import { HealthNav } from './HealthNav'
import { IndicatorCard } from './overview/IndicatorCard'
import { LeaguePanel } from './overview/LeaguePanel'
import { States } from './overview/States'
import { TrendPanel } from './overview/TrendPanel'
import { PARTS, readView, scopeOf, writeView, type Part, type View } from './overview/view'
import { WhatIfPanel } from './overview/WhatIfPanel'
import { healthText } from './text'

/** How it stands with the cameras: states, indicators, who is ahead, how it went, and what a repair would gain. */
export default function HealthPage() {
  const t = useText(healthText)
  const may = useCan()('health.read')
  const home = useHomeRegion()
  const [search, setSearch] = useSearchParams()
  const view = useMemo(() => readView(search, home), [search, home])
  const change = useCallback((next: Partial<View>) => setSearch(writeView({ ...view, ...next }, home), { replace: true }), [view, home, setSearch])
  return (
    <div className={css.page}>
      <HealthPulse />
      <PageHead title={t('title')} note={t('note')}>
        {may && <RegionSelect placeholder={t('region')} value={view.region} onChange={(region) => change({ region: region ?? home, kind: 'region', scope: '' })} />}
      </PageHead>
      <HealthNav />
      {may ? <Overview view={view} onChange={change} /> : <Teach title={t('none')} />}
    </div>
  )
}

function Overview({ view, onChange }: { view: View; onChange: (next: Partial<View>) => void }) {
  const t = useText(healthText)
  const pick = useBilingual()
  const of = scopeOf(view)
  const indicators = useIndicators(of)
  const summary = useSummary(view.region)
  const items = indicators.data?.items ?? []
  const chosen = items.find((item) => item.code === view.by)
  if (summary.data?.total === 0) {
    return <Teach title={t('empty.title')} action={<Link to="/cameras/access">{t('empty.action')}</Link>}>{t('empty.text')}</Teach>
  }
  return (
    <>
      {view.kind === 'region'
        ? <States region={view.region} summary={summary.data} error={summary.error} />
        : <p><Tag closable onClose={() => onChange({ kind: 'region', scope: '' })}>{t(`kind.${view.kind}`)}</Tag>{t('scope.note')}</p>}
      <Panel title={t('indicators')} note={t('indicators.note')}>
        <ProblemNote error={indicators.error} onRetry={() => void indicators.refetch()} />
        <div className={css.figures}>
          {items.map((item) => <IndicatorCard key={item.code} item={item} of={of} here={item.code === view.by} onChoose={() => onChange({ by: item.code })} />)}
        </div>
      </Panel>
      <Panel
        title={<Segmented<Part> aria-label={t('parts')} value={view.part} options={PARTS.map((value) => ({ value, label: t(`parts.${value}`) }))} onChange={(part) => onChange({ part })} />}
        note={chosen && pick(chosen.name)}
      >
        {view.part === 'league' && <LeaguePanel view={view} items={items} onChange={onChange} />}
        {view.part === 'trend' && <TrendPanel of={of} indicator={view.by} name={chosen ? pick(chosen.name) : view.by} />}
        {view.part === 'whatif' && <WhatIfPanel key={view.by} of={of} indicator={view.by} aim={chosen?.aim ?? null} />}
      </Panel>
    </>
  )
}
