import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useNavigate } from 'react-router'
import { useTrack } from '@/api/cases'
import type { MapShape, Place } from '@/parts/map/shapes'
import { useMapData } from '@/parts/map/useMapData'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../CameraPage.module.css'
import { eventsText } from './text'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))
const NO_FILTERS = {}
const DAY_MS = 24 * 3600 * 1000

/** Where a camera that moves was in the last day; nothing for one that stands. */
export function Track({ id }: { id: string }) {
  const t = useText(eventsText)
  const f = useFormat()
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString())
  const items = useTrack(id, since).data?.items
  const latest = items?.[0]
  if (!items || !latest) return null
  return (
    <section>
      <header className={css.sub}><h3>{t('track.title')}</h3></header>
      <p className={css.hint}>
        {t('track.note', { n: f.number(items.length), time: f.dateTime(latest.at) })}
        {latest.speed !== null && ` · ${t('track.speed', { n: f.number(latest.speed) })}`}
      </p>
      <OnMap points={items.map((one) => one.point)} />
    </section>
  )
}

function OnMap({ points }: { points: readonly Place[] }) {
  const navigate = useNavigate()
  const map = useMapData(NO_FILTERS)
  const open = useCallback((id: string) => void navigate(`/cameras/${id}`), [navigate])
  const key = JSON.stringify(points)
  const shapes = useMemo<MapShape[]>(() => {
    const places = JSON.parse(key) as Place[]
    const [first] = places
    return [{ kind: 'path', points: places, tone: 'accent' }, ...(first ? [{ kind: 'spots' as const, points: [first], tone: 'offline' as const }] : [])]
  }, [key])
  // The map is brought close once, not with each new position.
  const [focus] = useState<Place | null>(() => points[0] ?? null)
  return (
    <div style={{ position: 'relative', height: 280 }}>
      <Suspense fallback={null}>
        <RegionMap data={map.data} onView={map.onView} onCamera={open} shapes={shapes} focus={focus} />
      </Suspense>
    </div>
  )
}
