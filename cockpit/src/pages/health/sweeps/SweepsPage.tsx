import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useRound, useRounds } from '@/api/sweeps'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useText } from '@/text/language'
import { HealthNav } from '../HealthNav'
import { AskNow } from './AskNow'
import { Limits } from './Limits'
import { Causes, Platforms, RoundNow } from './RoundNow'
import { Rounds } from './Rounds'
import { Samples } from './Samples'
import css from './sweeps.module.css'
import { sweepsText } from './text'

/** Sweeps: how far the round is, what was asked for, what samples tell, and how politely cameras are tried. */
export default function SweepsPage() {
  const t = useText(sweepsText)
  const [search] = useSearchParams()
  const may = useCan()('health.write')
  const [chosen, setChosen] = useState<string | null>(null)
  const whole = useRounds(1, 'whole')
  const shown = chosen ?? whole.data?.items[0]?.id ?? null
  const round = useRound(shown)
  const settled = round.data?.platforms.reduce((sum, one) => sum + one.done, 0) ?? 0
  const kind = round.data?.kind
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <HealthNav />
      <Panel title={kind === undefined || kind === 'whole' ? t('now.title') : t(`kind.${kind}`)}>
        <ProblemNote error={round.error ?? whole.error} />
        {whole.data && shown === null && <Teach title={t('now.none')}>{t('now.teach')}</Teach>}
        {round.data && <RoundNow round={round.data} />}
      </Panel>
      {round.data && (
        <div className={css.columns}>
          <Panel title={t('causes.title')}><Causes causes={round.data.causes} settled={settled} /></Panel>
          {may && <Panel title={t('ask.title')} note={t('ask.note')}><AskNow selection={search.get('selection')} onAsked={setChosen} /></Panel>}
        </div>
      )}
      {round.data && <Panel flush title={t('platforms.title')}><Platforms platforms={round.data.platforms} /></Panel>}
      <Panel title={t('samples.title')} note={t('samples.note')}><Samples onAsked={setChosen} /></Panel>
      <Panel flush title={t('rounds.title')}><Rounds chosen={shown} onChoose={setChosen} /></Panel>
      <Panel flush title={t('limits.title')} note={t('limits.note')}><Limits /></Panel>
    </div>
  )
}
