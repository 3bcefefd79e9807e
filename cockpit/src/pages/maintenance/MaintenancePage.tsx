import { Tabs } from 'antd'
import { useNavigate, useParams } from 'react-router'
import { useSums } from '@/api/maintenance'
import { HealthNav } from '@/pages/health/HealthNav'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ContractsPart } from './ContractsPart'
import css from './maintenance.module.css'
import { OrdersPart } from './OrdersPart'
import { RoundsPart } from './RoundsPart'
import { StatisticsPart } from './StatisticsPart'
import { maintenanceText } from './text'
import { WindowsPart } from './WindowsPart'

const PARTS = { orders: OrdersPart, contracts: ContractsPart, rounds: RoundsPart, windows: WindowsPart, statistics: StatisticsPart } as const
type Part = keyof typeof PARTS

/** Work orders of maintenance, and what they follow from: contracts, rounds, planned windows; and what came of them. */
export default function MaintenancePage() {
  const t = useText(maintenanceText)
  const navigate = useNavigate()
  const { part = 'orders' } = useParams()
  const here: Part = part in PARTS ? (part as Part) : 'orders'
  const Shown = PARTS[here]
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <HealthNav />
      <Summary />
      <Tabs
        activeKey={here}
        items={(Object.keys(PARTS) as Part[]).map((key) => ({ key, label: t(`tab.${key}`) }))}
        onChange={(key) => void navigate(`/health/maintenance/${key}`)}
      />
      <Panel flush><Shown /></Panel>
    </div>
  )
}

function Summary() {
  const t = useText(maintenanceText)
  const f = useFormat()
  const found = useSums()
  const sums = found.data
  const one = (key: 'live' | 'late' | 'waits' | 'checking' | 'cameras' | 'settling' | 'held', bad = false, how?: string) => (
    <div data-bad={bad && (sums?.[key] ?? 0) > 0} title={how}>
      <dt>{t(`sum.${key}`)}</dt>
      <dd>{f.number(sums?.[key])}</dd>
    </div>
  )
  return (
    <>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <dl className={css.summary} aria-label={t('title')}>
        {one('live')}
        {one('late', true)}
        {one('waits', true, t('sum.waits.how'))}
        {one('checking')}
        {one('cameras')}
        {one('settling', false, t('sum.settling.how'))}
        {one('held')}
      </dl>
    </>
  )
}
