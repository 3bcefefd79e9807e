import { Button, Descriptions, Tag } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { matchDemand, useDemand, type Demand } from '@/api/demands'
import { useCan } from '@/app/auth'
import { ScenesNav } from '@/pages/scenes/ScenesNav'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { BenefitPart } from './BenefitPart'
import css from './demands.module.css'
import { shownState } from './draft'
import { FoundPart } from './FoundPart'
import { Steps } from './Steps'
import { demandsText } from './text'

/** One need: what was asked, what was matched, how accurate it can be, and what it was good for. */
export default function DemandPage() {
  const t = useText(demandsText)
  const can = useCan()
  const { id = '' } = useParams()
  const read = useDemand(id)
  const act = useAct()
  const one = read.data?.data
  const [picked, setPicked] = useState<string[] | null>(null)
  const chosen = picked ?? one?.found?.chosen ?? []
  const open = one?.state === 'filed' || one?.state === 'matched'
  const accepts = one?.actions.includes('accept') ?? false
  return (
    <div className={css.page}>
      <PageHead title={one ? `#${String(one.number)} ${one.title}` : t('title')} note={one && <><Tag>{t(`state.${shownState(one)}`)}</Tag> <Link to={`/scenes/kind/${one.scene}`}>{one.scene_name}</Link></>}>
        {one && open && can('demands.write') && <Button loading={act.busy} onClick={() => void act.run(() => matchDemand(one.id), ['demands'])}>{t('match')}</Button>}
        {one && <Steps one={one} etag={read.data?.etag} chosen={chosen} />}
      </PageHead>
      <ScenesNav />
      <ProblemNote error={read.error ?? act.problem} onRetry={() => void read.refetch()} />
      {one && (
        <div className={css.column}>
          {one.running_at && <BenefitPart one={one} />}
          <Panel title={t('part.need')}><Asked one={one} /></Panel>
          <Accuracy one={one} />
          {one.found && <FoundPart demand={one} found={one.found} choosing={accepts ? { chosen, onChoose: setPicked } : undefined} />}
        </div>
      )}
    </div>
  )
}

function Asked({ one }: { one: Demand }) {
  const t = useText(demandsText)
  const f = useFormat()
  const how = one.state === 'refused' ? 'refuse' : one.state === 'withdrawn' ? 'withdraw' : 'accept'
  return (
    <Descriptions
      size="small" column={1}
      items={[
        { key: 'unit', label: t('col.unit'), children: `${one.unit} ${one.by_name}` },
        { key: 'reason', label: t('form.reason'), children: one.reason },
        { key: 'when', label: t('col.when'), children: `${f.dateTime(one.starts_at)} – ${one.ends_at ? f.dateTime(one.ends_at) : t('form.open')} ${one.hours ? `${one.hours.from}–${one.hours.to}` : ''}` },
        { key: 'error', label: t('form.error'), children: f.percent(one.error_most, 0) },
        { key: 'contact', label: t('form.contact'), children: one.contact || '—' },
        ...(one.decided_at ? [{ key: 'decided', label: t(`action.${how}`), children: `${t(`decided.${how}`, { by: one.decided_by, at: f.dateTime(one.decided_at) })} ${one.decided_words}` }] : []),
      ]}
    />
  )
}

function Accuracy({ one }: { one: Demand }) {
  const t = useText(demandsText)
  const f = useFormat()
  const told = one.accuracy
  if (!told) return null
  const share = (value: number | null) => (value === null ? t('accuracy.unknown') : f.percent(value, 0))
  const asked = f.percent(one.error_most, 0)
  return (
    <Panel title={t('part.accuracy')}>
      {one.error_most !== null && <p className={told.meets === false ? css.bad : told.meets ? css.good : css.hint}>{told.meets === null ? t('accuracy.cannot') : t(told.meets ? 'accuracy.meets' : 'accuracy.misses', { n: asked })}</p>}
      <Descriptions
        size="small" column={1}
        items={[
          { key: 'error', label: t('accuracy.error'), children: share(told.error) },
          { key: 'recall', label: t('accuracy.recall'), children: share(told.recall) },
          { key: 'precision', label: t('accuracy.precision'), children: share(told.precision) },
          ...(told.footage.length > 0 ? [{ key: 'footage', label: t('accuracy.footage'), children: <div>{told.footage.map((line) => <div key={line}>{line}</div>)}</div> }] : []),
          { key: 'limits', label: t('accuracy.limits'), children: <div>{one.limits.map((line) => <div key={line}>{line}</div>)}</div> },
        ]}
      />
    </Panel>
  )
}
