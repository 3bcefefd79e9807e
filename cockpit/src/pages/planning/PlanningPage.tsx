import { Segmented } from 'antd'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import type { MapShape, Place } from '@/parts/map/shapes'
import { useMapData } from '@/parts/map/useMapData'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import { BlindPart } from './BlindPart'
import { PointPart } from './PointPart'
import { PointsPart } from './PointsPart'
import css from './planning.module.css'
import { SavingsPart } from './SavingsPart'
import { planningText } from './text'
import type { Drawing } from './drawing'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))

const PARTS = ['point', 'blind', 'points', 'savings'] as const
type Part = (typeof PARTS)[number]
const NO_FILTERS = {}
/** From here on a field of view can be seen and placed. */
const NEAR_ZOOM = 14
const NOTHING: Drawing = { shapes: [], placing: null }

/** What existing cameras see already, before another one is built; and the record of what need not be built. */
export default function PlanningPage() {
  const t = useText(planningText)
  const navigate = useNavigate()
  const [part, setPart] = useState<Part>('point')
  const [drawing, setDrawing] = useState<Drawing>(NOTHING)
  const [focus, setFocus] = useState<Place | null>(null)
  const map = useMapData(NO_FILTERS)
  const open = useCallback((id: string) => void navigate(`/cameras/${id}`), [navigate])
  const choose = (next: Part) => {
    setDrawing(NOTHING)
    setPart(next)
  }
  const shapes = useMemo<readonly MapShape[]>(() => drawing.shapes, [drawing])

  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <CamerasNav />
      <div className={css.body}>
        <section className={css.map}>
          <Suspense fallback={null}>
            <RegionMap data={map.data} onView={map.onView} onCamera={open} shapes={shapes} placing={drawing.placing} focus={focus} />
          </Suspense>
        </section>
        <section className={css.side}>
          <Segmented<Part> block aria-label={t('part.label')} value={part} options={PARTS.map((value) => ({ value, label: t(`part.${value}`) }))} onChange={choose} />
          {part === 'point' && <PointPart onDraw={setDrawing} onFar={(map.zoom ?? 0) < NEAR_ZOOM ? setFocus : null} />}
          {part === 'blind' && <BlindPart onDraw={setDrawing} />}
          {part === 'points' && <PointsPart onDraw={setDrawing} onFocus={setFocus} />}
          {part === 'savings' && <SavingsPart />}
        </section>
      </div>
    </div>
  )
}
