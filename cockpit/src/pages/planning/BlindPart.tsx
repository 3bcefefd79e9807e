import { Alert, Button, InputNumber } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { useBlindSpots } from '@/api/planning'
import type { Blind } from '@/api/types'
import { polygonOf, type Place } from '@/parts/map/shapes'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import type { Drawing } from './drawing'
import css from './planning.module.css'
import { planningText } from './text'

const CORNERS = 3

/** What nobody sees of an area that is drawn on the map. */
export function BlindPart({ onDraw }: { onDraw: (drawing: Drawing) => void }) {
  const t = useText(planningText)
  const p = useText(partsText)
  const [points, setPoints] = useState<readonly Place[]>([])
  const [done, setDone] = useState(false)
  const [cell, setCell] = useState(20)
  const polygon = useMemo(() => (done ? polygonOf(points) : null), [done, points])
  const found = useBlindSpots(polygon, cell)
  const blind = polygon ? found.data : undefined

  useEffect(() => {
    onDraw({
      shapes: [
        { kind: 'area', points, tone: 'accent' },
        { kind: 'spots', points: done ? [] : points, tone: 'accent' },
        { kind: 'spots', points: blind?.blind ?? [], tone: 'offline' },
      ],
      placing: done ? null : { onPlace: (place) => setPoints((before) => [...before, place]), onPlaced: () => setDone(true) },
    })
  }, [points, done, blind, onDraw])

  const restart = () => {
    setPoints([])
    setDone(false)
  }
  return (
    <div className={css.part}>
      <p className={css.hint}>{t('blind.how')}</p>
      <div className={css.bar}>
        {!done && <Button size="small" disabled={points.length === 0} onClick={() => setPoints(points.slice(0, -1))}>{t('blind.back')}</Button>}
        {!done && <Button size="small" type="primary" disabled={points.length < CORNERS} onClick={() => setDone(true)}>{t('blind.done')}</Button>}
        {done && <Button size="small" onClick={restart}>{t('blind.again')}</Button>}
        <label>
          {t('blind.cell')} <InputNumber size="small" min={2} max={1000} precision={0} value={cell} onChange={(value) => setCell(value ?? 20)} />
        </label>
      </div>
      <ProblemNote error={polygon ? found.error : null} />
      {polygon && found.isFetching && <p className={css.hint}>{p('common.loading')}</p>}
      {blind && <Figures blind={blind} />}
    </div>
  )
}

function Figures({ blind }: { blind: Blind }) {
  const t = useText(planningText)
  const f = useFormat()
  const shares = [['seen', blind.seen], ['working', blind.working], ['twice', blind.twice], ['assumed', blind.assumed]] as const
  return (
    <>
      <dl className={css.figures}>
        <div data-strong><dt>{t('blind.none')}</dt><dd>{f.percent(1 - blind.assumed, 0)}</dd></div>
        {shares.map(([name, share]) => <div key={name}><dt>{t(`blind.${name}`)}</dt><dd>{f.percent(share, 0)}</dd></div>)}
        <div><dt>{t('blind.cells')}</dt><dd>{f.number(blind.cells)}</dd></div>
        <div><dt>{t('blind.cameras')}</dt><dd>{f.number(blind.cameras)}</dd></div>
        <div><dt>{t('blind.unknown')}</dt><dd>{f.number(blind.unknown)}</dd></div>
      </dl>
      <p className={css.hint}>{t('blind.legend')}</p>
      {blind.truncated && <Alert type="info" title={t('blind.truncated')} />}
      <details className={css.hint}>
        <summary>{t('coverage.basis')}</summary>
        <p>{blind.assumptions}</p>
      </details>
    </>
  )
}
