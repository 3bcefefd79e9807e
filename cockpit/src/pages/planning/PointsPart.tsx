import { Button, Select } from 'antd'
import { useEffect, useState } from 'react'
import { usePlannedPoints } from '@/api/planning'
import type { PlannedPoint, PlannedState } from '@/api/types'
import { useCan } from '@/app/auth'
import { sector, type Place, type Tone } from '@/parts/map/shapes'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { DecidePoint } from './DecidePoint'
import type { Drawing } from './drawing'
import css from './planning.module.css'
import { planningText } from './text'

const STATES: readonly PlannedState[] = ['planned', 'built', 'saved', 'withdrawn']
const TONE: Record<PlannedState, Tone> = { planned: 'accent', built: 'works', saved: 'bad', withdrawn: 'unknown' }

/** Points on file, on the map and in a list, and what became of each. */
export function PointsPart({ onDraw, onFocus }: { onDraw: (drawing: Drawing) => void; onFocus: (place: Place) => void }) {
  const t = useText(planningText)
  const [state, setState] = useState<PlannedState>()
  const [deciding, setDeciding] = useState<string | null>(null)
  const trail = useTrail()
  const points = usePlannedPoints({ state, after: trail.after, limit: 50 })
  const items = points.data?.items
  useEffect(() => {
    const shapes = (items ?? []).map((one) => ({
      kind: 'area' as const,
      points: sector(one.point, one.direction, one.field_angle, one.view_distance),
      tone: TONE[one.state],
    }))
    onDraw({ shapes: [...shapes, { kind: 'spots', points: (items ?? []).map((one) => one.point), tone: 'accent' }], placing: null })
  }, [items, onDraw])

  return (
    <div className={css.part}>
      <Select<PlannedState>
        allowClear
        aria-label={t('points.state')}
        placeholder={t('points.state')}
        value={state}
        options={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
        onChange={(value: PlannedState | undefined) => { setState(value); trail.restart() }}
      />
      <ProblemNote error={points.error} onRetry={() => void points.refetch()} />
      {items?.length === 0 && <Teach title={t('points.none')}>{t('points.teach')}</Teach>}
      <ul className={css.cards}>
        {(items ?? []).map((one) => <Point key={one.id} point={one} onShow={() => onFocus([...one.point])} onDecide={() => setDeciding(one.id)} />)}
      </ul>
      <Pager trail={trail} next={points.data?.next} />
      {deciding !== null && <DecidePoint id={deciding} onClose={() => setDeciding(null)} />}
    </div>
  )
}

function Point({ point, onShow, onDecide }: { point: PlannedPoint; onShow: () => void; onDecide: () => void }) {
  const t = useText(planningText)
  const f = useFormat()
  const can = useCan()
  return (
    <li>
      <p><strong>{point.name}</strong> <span className={css.tag}>{t(`state.${point.state}`)}</span></p>
      <p className={css.hint}>{[point.region.name, point.cost === null ? null : `${t('points.cost')} ${f.number(point.cost)}`, point.by, f.dateTime(point.created_at)].filter(Boolean).join(' · ')}</p>
      {point.reason && <p className={css.hint}>{point.reason}</p>}
      <p className={css.bar}>
        <Button size="small" onClick={onShow}>{t('points.show')}</Button>
        {can('cameras.write') && <Button size="small" onClick={onDecide}>{t('points.decide')}</Button>}
      </p>
    </li>
  )
}
