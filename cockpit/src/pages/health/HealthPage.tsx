import { useIndicators, useSummary } from '@/api/queries'
import type { Indicator } from '@/api/types'
import { useCan, useHomeRegion } from '@/app/auth'
import { Figure } from '@/parts/Figure'
import { HealthBar } from '@/parts/HealthBar'
import { HealthMark } from '@/parts/HealthMark'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { Link } from 'react-router'
import css from './health.module.css'
import { HealthNav } from './HealthNav'
import { healthText } from './text'

const STATES = ['works', 'bad', 'offline', 'unknown'] as const

/** How it stands with the cameras: the states, the indicators, and the way down from each. */
export default function HealthPage() {
  const t = useText(healthText)
  const may = useCan()('health.read')
  const region = useHomeRegion()
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <HealthNav />
      {may ? <Overview region={region} /> : <Teach title={t('none')} />}
    </div>
  )
}

function Overview({ region }: { region: string }) {
  const t = useText(healthText)
  const f = useFormat()
  const indicators = useIndicators(region)
  const summary = useSummary(region)
  if (summary.data?.total === 0) {
    return <Teach title={t('empty.title')} action={<Link to="/cameras/access">{t('empty.action')}</Link>}>{t('empty.text')}</Teach>
  }
  return (
    <>
      <Panel title={t('states.title')} note={summary.data && `${t('states.total')} ${f.number(summary.data.total)}`}>
        <ProblemNote error={summary.error} />
        {summary.data && (
          <div className={css.states}>
            <HealthBar summary={summary.data} />
            <ul>
              {STATES.map((state) => (
                <li key={state}>
                  <Link to={`/cameras?region=${region}&health=${state}`}><HealthMark health={state} label count={f.number(summary.data[state])} /></Link>
                </li>
              ))}
            </ul>
          </div>
        )}
      </Panel>
      <Panel>
        <ProblemNote error={indicators.error} />
        <div className={css.figures}>
          {(indicators.data?.items ?? []).map((item) => <Rate key={item.code} item={item} region={region} />)}
        </div>
      </Panel>
    </>
  )
}

function Rate({ item, region }: { item: Indicator; region: string }) {
  const t = useText(healthText)
  const f = useFormat()
  const pick = useBilingual()
  return (
    <Figure
      name={pick(item.name)}
      size="large"
      value={item.value === null ? f.percent(null) : f.number(item.value * 100, 1)}
      unit={item.value === null ? undefined : '%'}
      unknown={item.value === null}
      note={t('checked', { checked: f.number(item.denominator), total: f.number(item.denominator + item.unknown) })}
      basis={{
        definition: pick(item.definition),
        formula: item.formula,
        numerator: item.numerator,
        denominator: item.denominator,
        unknown: item.unknown,
        asOf: item.as_of,
        down: `/cameras?region=${region}&health=offline`,
      }}
    />
  )
}
