import { DeleteOutlined, EnvironmentOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import type { DemandPlace } from '@/api/demands'
import type { MapShape } from '@/parts/map/shapes'
import { useMapData } from '@/parts/map/useMapData'
import { useText } from '@/text/language'
import css from './demands.module.css'
import { demandsText } from './text'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))
const NO_FILTERS = {}
const MOST = 50
const DIGITS = 6
const ignore = () => undefined

/** Points something is to be seen at: clicked on the map, named by hand. */
export function PointsField({ value, onChange }: { value: DemandPlace[]; onChange: (next: (before: DemandPlace[]) => DemandPlace[]) => void }) {
  const t = useText(demandsText)
  const map = useMapData(NO_FILTERS)
  const [placing, setPlacing] = useState(false)
  const onPlace = useCallback(
    ([lon, lat]: [number, number]) =>
      onChange((before) => (before.length >= MOST ? before : [...before, { name: t('form.points.default', { n: before.length + 1 }), at: [Number(lon.toFixed(DIGITS)), Number(lat.toFixed(DIGITS))] }])),
    [onChange, t],
  )
  const onPlaced = useCallback(() => setPlacing(false), [])
  const place = useMemo(() => (placing ? { onPlace, onPlaced } : null), [placing, onPlace, onPlaced])
  const shapes = useMemo<readonly MapShape[]>(() => (value.length > 0 ? [{ kind: 'spots', points: value.map((one) => one.at), tone: 'accent' }] : []), [value])
  return (
    <>
      <ul className={css.points}>
        {value.map((one, index) => (
          <li key={index}>
            <EnvironmentOutlined aria-hidden />
            <Input style={{ width: 240 }} aria-label={t('form.points.name')} maxLength={100} value={one.name} onChange={(event) => onChange((before) => before.map((each, at) => (at === index ? { ...each, name: event.target.value } : each)))} />
            <span className={css.sub}>{one.at.map((part) => part.toFixed(5)).join(', ')}</span>
            <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('form.points.remove')} onClick={() => onChange((before) => before.filter((_, at) => at !== index))} />
          </li>
        ))}
      </ul>
      {placing ? <p role="status">{t('form.points.placing')} <Button size="small" onClick={() => setPlacing(false)}>{t('form.points.done')}</Button></p> : <Button onClick={() => setPlacing(true)}>{t('form.points.place')}</Button>}
      {(placing || value.length > 0) && (
        <div className={css.map}>
          <Suspense fallback={null}>
            <RegionMap data={map.data} onView={map.onView} onCamera={ignore} shapes={shapes} placing={place} />
          </Suspense>
        </div>
      )}
    </>
  )
}
