import { Segmented } from 'antd'
import { useSearchParams } from 'react-router'
import { useDiagnosisCounts } from '@/api/diagnosis'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { RegionSelect } from '@/parts/RegionSelect'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import page from '../health.module.css'
import { HealthNav } from '../HealthNav'
import { Counts } from './Counts'
import css from './diagnosis.module.css'
import { Faults } from './Faults'
import { Known } from './Known'
import { diagnosisText } from './text'
import { ThresholdChanges, Thresholds } from './Thresholds'
import { useItems } from './useItems'

const VIEWS = ['faults', 'thresholds', 'known'] as const
type View = (typeof VIEWS)[number]

/** Diagnosis of pictures: what is wrong and where, from which figure on, and how well that is known. */
export default function DiagnosisPage() {
  const t = useText(diagnosisText)
  const f = useFormat()
  const [search, setSearch] = useSearchParams()
  const view = VIEWS.find((one) => one === search.get('view')) ?? 'faults'
  const region = search.get('region') ?? undefined
  const item = search.get('item') ?? undefined
  const { items, read } = useItems()
  const counts = useDiagnosisCounts(region)
  const put = (name: string, value: string | undefined) =>
    setSearch((before) => {
      const next = new URLSearchParams(before)
      if (value === undefined) next.delete(name)
      else next.set(name, value)
      return next
    }, { replace: true })
  return (
    <div className={page.page}>
      <PageHead title={t('title')} note={t('note')}>
        <Segmented<View> aria-label={t('view')} value={view} onChange={(next) => put('view', next === 'faults' ? undefined : next)} options={VIEWS.map((one) => ({ value: one, label: t(`view.${one}`) }))} />
      </PageHead>
      <HealthNav />
      <ProblemNote error={read.error ?? counts.error} />
      {view === 'faults' && (
        <>
          <Panel>
            <div className={css.bar}>
              <RegionSelect {...(region === undefined ? {} : { value: region })} onChange={(next) => put('region', next)} placeholder={t('region')} />
              {counts.data && (
                <span>{t('counts.looked', { looked: f.number(counts.data.looked), cameras: f.number(counts.data.cameras), intact: f.number(counts.data.intact), faulty: f.number(counts.data.faulty) })}</span>
              )}
            </div>
            {counts.data?.looked === 0 && <Teach title={t('counts.none')}>{t('counts.teach')}</Teach>}
            {counts.data && counts.data.looked > 0 && <Counts counts={counts.data} items={items} chosen={item} onChoose={(next) => put('item', next)} />}
          </Panel>
          {counts.data && counts.data.looked > 0 && (
            <Panel flush title={item === undefined ? t('faults.title') : (items.get(item)?.name ?? item)}>
              <Faults key={`${region ?? ''} ${item ?? ''}`} region={region} item={item} />
            </Panel>
          )}
        </>
      )}
      {view === 'thresholds' && read.data && (
        <>
          <Panel flush title={t('limits.title')} note={t('limits.note')}><Thresholds list={read.data.items} items={items} /></Panel>
          <Panel title={t('changes.title')}><ThresholdChanges items={items} /></Panel>
        </>
      )}
      {view === 'known' && read.data && <Panel title={t('known.title')}><Known read={read.data} items={items} /></Panel>}
    </div>
  )
}
