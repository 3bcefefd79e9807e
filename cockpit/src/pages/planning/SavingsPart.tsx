import { DownloadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { path } from '@/api/client'
import { useSavings } from '@/api/planning'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './planning.module.css'
import { planningText } from './text'

const ENDINGS = ['csv', 'xlsx'] as const

/** The record of what was not built because existing cameras see enough. */
export function SavingsPart() {
  const t = useText(planningText)
  const f = useFormat()
  const trail = useTrail()
  const savings = useSavings({ after: trail.after, limit: 50 })
  const found = savings.data
  return (
    <div className={css.part}>
      <ProblemNote error={savings.error} onRetry={() => void savings.refetch()} />
      {found && found.points > 0 && (
        <>
          <dl className={css.figures}>
            <div data-strong><dt>{t('savings.total')}</dt><dd>{f.number(found.points)}</dd></div>
            <div data-strong><dt>{t('savings.cost')}</dt><dd>{f.number(found.cost)}</dd></div>
          </dl>
          <p className={css.hint}>{t('savings.priced', { n: f.number(found.priced) })}</p>
          <p className={css.bar}>
            {ENDINGS.map((ending) => (
              <Button key={ending} size="small" icon={<DownloadOutlined aria-hidden />} href={path(`/planning/savings/export.${ending}`)} download>{t(`savings.${ending}`)}</Button>
            ))}
          </p>
        </>
      )}
      {found?.points === 0 && <Teach title={t('savings.none')}>{t('savings.teach')}</Teach>}
      <ul className={css.cards}>
        {(found?.items ?? []).map((one) => (
          <li key={one.id}>
            <p><strong>{one.name}</strong> {one.cost !== null && <span className={css.tag}>{f.number(one.cost)}</span>}</p>
            <p>{one.reason}</p>
            <p className={css.hint}>{[one.region.name, one.decided_by, f.dateTime(one.decided_at)].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
      <Pager trail={trail} next={found?.next} />
    </div>
  )
}
