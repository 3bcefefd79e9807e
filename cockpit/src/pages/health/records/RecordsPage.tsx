import { Segmented, Tag } from 'antd'
import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { useHomeRegion } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { RegionSelect } from '@/parts/RegionSelect'
import { useText } from '@/text/language'
import page from '../health.module.css'
import { HealthNav } from '../HealthNav'
import { FindingsPart } from './FindingsPart'
import { OverviewPart } from './OverviewPart'
import { ProposalsPart } from './ProposalsPart'
import css from './records.module.css'
import { RepairsPart } from './RepairsPart'
import { RulesPart } from './RulesPart'
import { StandardPart } from './StandardPart'
import { recordsText } from './text'
import { PARTS, readView, writeView, type Part, type View } from './view'

const SCOPES = ['unit', 'maintenance', 'platform'] as const

/** How complete and right the records of cameras are, what is wrong with them, and putting it right. */
export default function RecordsPage() {
  const t = useText(recordsText)
  const home = useHomeRegion()
  const [search, setSearch] = useSearchParams()
  const view = useMemo(() => readView(search, home), [search, home])
  const change = useCallback((next: Partial<View>) => setSearch(writeView({ ...view, ...next }, home), { replace: true }), [view, home, setSearch])
  return (
    <div className={page.page}>
      <PageHead title={t('title')} note={t('note')}>
        <RegionSelect placeholder={t('region')} value={view.region} onChange={(region) => change({ region: region ?? home })} />
      </PageHead>
      <HealthNav />
      <div className={css.bar}>
        <Segmented<Part> aria-label={t('part.label')} value={view.part} options={PARTS.map((value) => ({ value, label: t(`part.${value}`) }))} onChange={(part) => change({ part })} />
        {SCOPES.filter((scope) => view[scope]).map((scope) => (
          <Tag key={scope} closable onClose={() => change({ [scope]: '' })}>{t(`scope.${scope}`, { name: view[scope] })}</Tag>
        ))}
      </div>
      {view.part === 'overview' && <OverviewPart view={view} onChange={change} />}
      {view.part === 'findings' && <FindingsPart key={search.toString()} view={view} onChange={change} />}
      {view.part === 'proposals' && <ProposalsPart key={`${view.region} ${view.rule}`} view={view} onChange={change} />}
      {view.part === 'repairs' && <RepairsPart />}
      {view.part === 'rules' && <RulesPart view={view} onChange={change} />}
      {view.part === 'standard' && <StandardPart />}
    </div>
  )
}
