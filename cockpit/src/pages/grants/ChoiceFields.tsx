import { Button, Form, Select } from 'antd'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useCounted, type CameraChoice } from '@/api/grants'
import { useCamera, useCameras, useRegions } from '@/api/queries'
import type { CameraItem } from '@/api/types'
import { polygonOf, type MapShape, type Place } from '@/parts/map/shapes'
import { useMapData } from '@/parts/map/useMapData'
import { ProblemNote } from '@/parts/ProblemNote'
import { useSettled } from '@/parts/useSettled'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './grants.module.css'
import { GroupsField } from './GroupsField'
import { grantsText } from './text'
import { TAGS, useTagWord } from './useTagWord'
import { chosen, said } from './words'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))
const NO_FILTERS = {}
const SETTLED_MS = 500

interface Props {
  choice: CameraChoice
  onChange: (choice: CameraChoice) => void
}

/** Chooses cameras by region, group, kind, a drawn area, or one by one, and says how many that is. */
export function ChoiceFields({ choice, onChange }: Props) {
  const t = useText(grantsText)
  const tag = useTagWord()
  const set = (part: CameraChoice) => onChange({ ...choice, ...part })

  return (
    <Form layout="vertical" component={false}>
      <Form.Item label={t('ask.regions')}>
        <RegionsField value={choice.regions ?? []} onChange={(regions) => set({ regions })} />
      </Form.Item>
      <GroupsField value={choice.groups ?? []} onChange={(groups) => set({ groups })} />
      <Form.Item label={t('ask.named')}>
        <CamerasField value={choice.cameras ?? []} onChange={(cameras) => set({ cameras })} />
      </Form.Item>
      <Form.Item label={t('ask.polygon')}>
        <AreaField value={choice.polygon} onChange={(polygon) => set({ polygon })} />
      </Form.Item>
      <Form.Item label={t('ask.tags')}>
        <Select
          mode="multiple" allowClear placeholder={t('ask.tagsHint')} aria-label={t('ask.tags')} showSearch={{ optionFilterProp: 'label' }}
          options={TAGS.map((value) => ({ value, label: tag(value) }))}
          value={choice.tags ?? []} onChange={(tags: string[]) => set({ tags })}
        />
      </Form.Item>
      <CountedLine choice={choice} />
    </Form>
  )
}

function CountedLine({ choice }: { choice: CameraChoice }) {
  const t = useText(grantsText)
  const f = useFormat()
  const settled = useSettled(choice, SETTLED_MS)
  const some = chosen(settled)
  const counted = useCounted(said(settled), some)
  if (!some) return <p className={css.faint}>{t('ask.nothing')}</p>
  if (counted.error) return <ProblemNote error={counted.error} />
  if (!counted.data) return null
  const { cameras, names } = counted.data
  return (
    <p className={css.counted} role="status">
      {cameras === 0 ? t('ask.countedNone') : t(cameras > names.length ? 'ask.countedMore' : 'ask.counted', { n: f.number(cameras), names: names.join('、') })}
    </p>
  )
}

function RegionsField({ value, onChange }: { value: string[]; onChange: (codes: string[]) => void }) {
  const t = useText(grantsText)
  const [typed, setTyped] = useState('')
  const found = useRegions({ q: typed, limit: 20 }, typed.trim() !== '')
  const cities = useRegions({ parent: '45' })
  const items = typed.trim() ? (found.data?.items ?? []) : (cities.data?.items ?? [])
  const [names, setNames] = useState<Record<string, string>>({})
  const options = items.map((region) => ({ value: region.code, label: `${region.name}  ${region.code}` }))
  for (const code of value) if (!options.some((one) => one.value === code)) options.push({ value: code, label: names[code] ?? code })
  return (
    <Select
      mode="multiple" allowClear placeholder={t('ask.regionsHint')} aria-label={t('ask.regions')}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      value={value} options={options}
      onChange={(codes: string[]) => {
        setNames((before) => ({ ...before, ...Object.fromEntries(options.map((one) => [one.value, one.label])) }))
        onChange(codes)
      }}
    />
  )
}

function CamerasField({ value, onChange }: { value: string[]; onChange: (ids: string[]) => void }) {
  const t = useText(grantsText)
  const [typed, setTyped] = useState('')
  const q = useSettled(typed.trim(), SETTLED_MS)
  const found = useCameras({ q, limit: 20 }, q !== '')
  const [names, setNames] = useState<Record<string, string>>({})
  // One that came by its address only is asked for its name.
  const first = useCamera(value[0] ?? '')
  const named = (id: string) => names[id] ?? (first.data?.data.id === id ? first.data.data.name : id)
  const options = (found.data?.items ?? []).map((camera: CameraItem) => ({ value: camera.id, label: camera.name }))
  for (const id of value) if (!options.some((one) => one.value === id)) options.push({ value: id, label: named(id) })
  return (
    <Select
      mode="multiple" allowClear placeholder={t('ask.namedHint')} aria-label={t('ask.named')} maxTagCount={12}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      value={value} options={options}
      onChange={(ids: string[]) => {
        setNames((before) => ({ ...before, ...Object.fromEntries(options.map((one) => [one.value, one.label])) }))
        onChange(ids)
      }}
    />
  )
}

function AreaField({ value, onChange }: { value: CameraChoice['polygon']; onChange: (polygon: CameraChoice['polygon']) => void }) {
  const t = useText(grantsText)
  const map = useMapData(NO_FILTERS)
  const [points, setPoints] = useState<readonly Place[]>([])
  const [drawing, setDrawing] = useState(false)
  const onPlace = useCallback((place: [number, number]) => setPoints((before) => [...before, place]), [])
  const onPlaced = useCallback(() => {
    const polygon = polygonOf(points)
    setDrawing(false)
    if (polygon) onChange(polygon)
    else setPoints([])
  }, [points, onChange])
  const placing = useMemo(() => (drawing ? { onPlace, onPlaced } : null), [drawing, onPlace, onPlaced])
  const shapes = useMemo<readonly MapShape[]>(() => {
    const ring = value?.type === 'Polygon' ? (value.coordinates[0] ?? []) : []
    const drawn = points.length > 0 ? points : ring.slice(0, -1).map((place): Place => [place[0] ?? 0, place[1] ?? 0])
    return drawn.length > 0 ? [{ kind: 'area', points: drawn, tone: 'accent' }, { kind: 'spots', points: drawn, tone: 'accent' }] : []
  }, [points, value])
  const corners = value?.type === 'Polygon' ? (value.coordinates[0]?.length ?? 1) - 1 : points.length
  return (
    <>
      <div className={css.row}>
        {!drawing && !value && <Button onClick={() => { setPoints([]); setDrawing(true) }}>{t('ask.draw')}</Button>}
        {drawing && <span role="status">{t('ask.drawing')}</span>}
        {value && <span>{t('ask.drawn', { n: corners })}</span>}
        {(drawing || value) && <Button size="small" onClick={() => { setPoints([]); setDrawing(false); onChange(undefined) }}>{t('ask.clear')}</Button>}
      </div>
      {(drawing || value) && (
        <div className={css.map}>
          <Suspense fallback={null}>
            <RegionMap data={map.data} onView={map.onView} onCamera={ignore} shapes={shapes} placing={placing} />
          </Suspense>
        </div>
      )}
    </>
  )
}

const ignore = () => undefined
