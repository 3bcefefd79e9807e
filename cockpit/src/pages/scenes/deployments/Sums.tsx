import type { Board, Figure } from '@/api/deployments'
import { HowKnown, SOLID_COVERAGE, type Basis } from '@/parts/HowKnown'
import { unitWord } from '@/pages/scenes/kinds/words'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './deployments.module.css'
import { deploymentsText } from './text'

const SMALL = 100

function Sum({ name, value, basis, bad = false, hollow = false }: { name: string; value: string; basis: Basis; bad?: boolean; hollow?: boolean }) {
  return (
    <div data-bad={bad} data-hollow={hollow}>
      <dt>{name}<HowKnown name={name} basis={basis} /></dt>
      <dd>{value}</dd>
    </div>
  )
}

/** How a deployment stands, in a line of figures. */
export function BoardSums({ board }: { board: Board }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { cameras, incidents } = board
  const watched = cameras.filter((one) => one.watched).length
  const faulty = cameras.filter((one) => one.health === 'offline' || one.health === 'bad').length
  const open = incidents.filter((one) => one.state === 'open').length
  const asOf = board.as_of
  return (
    <dl className={css.sums}>
      <Sum name={t('board.coverage')} value={f.percent(board.coverage_now, 0)} basis={{ definition: t('board.coverage.how'), asOf }} bad={(board.coverage_now ?? 1) < SOLID_COVERAGE / 2} />
      <Sum name={t('board.since')} value={f.percent(board.coverage, 0)} basis={{ definition: t('board.since.how'), since: board.deployment.started_at, asOf }} />
      <Sum name={t('board.watched')} value={`${f.number(watched)} / ${f.number(cameras.length)}`} basis={{ definition: t('board.watched.how'), asOf }} />
      <Sum name={t('board.faulty')} value={f.number(faulty)} basis={{ definition: t('board.faulty.how'), asOf }} bad={faulty > 0} />
      <Sum name={t('board.open')} value={f.number(open)} basis={{ definition: t('board.open.how'), asOf }} bad={open > 0} />
    </dl>
  )
}

/** What the scenes have counted over all cameras. */
export function FigureSums({ figures, since, asOf }: { figures: readonly Figure[]; since: string | null; asOf: string }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const { language } = useLanguage()
  if (figures.length === 0) return <p className={css.hint}>{t('board.figures.none')}</p>
  return (
    <dl className={css.sums}>
      {figures.map((one) => (
        <Sum
          key={`${one.scene} ${one.measure}`} name={one.name} value={`${f.number(one.value, one.value !== null && one.value < SMALL && !Number.isInteger(one.value) ? 1 : 0)} ${unitWord(language, one.unit)}`}
          basis={{ definition: one.definition, coverage: one.coverage, since, asOf }} hollow={one.coverage < SOLID_COVERAGE}
        />
      ))}
    </dl>
  )
}
