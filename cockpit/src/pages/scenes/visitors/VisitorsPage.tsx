import { Button, Card, Tag } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useCan } from '@/app/auth'
import { useVisitorAreas, type VisitorArea } from '@/api/visitors'
import { HowKnown, SOLID_COVERAGE } from '@/parts/HowKnown'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ScenesNav } from '../ScenesNav'
import { AreaForm } from './AreaForm'
import { Curve } from './Curve'
import { visitorsText } from './text'
import css from './visitors.module.css'

const COLOUR = { calm: 'default', warning: 'orange', alarm: 'red' } as const

/** Areas with a capacity: how many are inside now, the curve, and the counts that correct it. */
export default function VisitorsPage() {
  const t = useText(visitorsText)
  const may = useCan()('analysis.write')
  const areas = useVisitorAreas()
  const [chosen, setChosen] = useState<string | null>(null)
  const [form, setForm] = useState<VisitorArea | 'new' | null>(null)
  const items = areas.data?.items ?? []
  const shown = items.find((area) => area.id === chosen) ?? items[0]
  return (
    <div className={css.page}>
      <ScenesNav />
      <div className={css.head}>
        <PageHead title={t('title')} note={t('note')} />
        {may && <Button type="primary" onClick={() => setForm('new')}>{t('new')}</Button>}
      </div>
      <ProblemNote error={areas.error} />
      {areas.data && items.length === 0 && (
        <Teach title={t('none')} action={may && <Link to="/scenes/tune">{t('none.tune')}</Link>}>{t('none.how')}</Teach>
      )}
      <div className={css.areas}>
        {items.map((area) => (
          <AreaCard key={area.id} area={area} chosen={area.id === shown?.id} onChoose={() => setChosen(area.id)} onEdit={may ? () => setForm(area) : undefined} />
        ))}
      </div>
      {shown && <Curve key={shown.id} area={shown} may={may} />}
      {form !== null && <AreaForm area={form === 'new' ? null : form} onClose={() => setForm(null)} />}
    </div>
  )
}

function AreaCard({ area, chosen, onChoose, onEdit }: { area: VisitorArea; chosen: boolean; onChoose: () => void; onEdit: (() => void) | undefined }) {
  const t = useText(visitorsText)
  const f = useFormat()
  const now = area.now
  return (
    <Card size="small" className={chosen ? css.chosen : undefined}>
      <div className={css.head}>
        <Button type="link" size="small" aria-pressed={chosen} onClick={onChoose}>{area.name}</Button>
        {/* Without a figure nobody knows that it is calm. */}
        {(now !== null || area.level !== 'calm') && <Tag color={COLOUR[area.level]}>{t(`level.${area.level}`)}</Tag>}
      </div>
      <div className={now && now.coverage < SOLID_COVERAGE ? `${css.big} ${css.hollow}` : css.big}>
        {f.number(now?.inside)} {now && <span className={css.quiet}>{t('error', { n: f.number(now.error) })}</span>}
        {now && <HowKnown name={t('inside')} basis={{ definition: t('inside.how'), coverage: now.coverage, asOf: now.at }} />}
      </div>
      <div className={css.quiet}>{t('of', { n: f.number(area.capacity), share: f.percent(now?.share, 0) })}</div>
      <div className={css.quiet}>
        {now ? t('coverage', { share: f.percent(now.coverage, 0) }) : t('unknown')}
      </div>
      {now && !now.settled && <div className={css.quiet}>{t('unsettled')}</div>}
      <div className={css.head}>
        <span className={css.quiet}>{t('gates', { n: area.gates.length })}</span>
        {onEdit && <Button size="small" onClick={onEdit}>{t('edit')}</Button>}
      </div>
    </Card>
  )
}
