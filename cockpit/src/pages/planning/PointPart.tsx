import { Alert, Button, Slider } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import { Link } from 'react-router'
import { useCoverage } from '@/api/planning'
import type { Coverage, Overlap, PlannedField } from '@/api/types'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { sector, type Place } from '@/parts/map/shapes'
import { ProblemNote } from '@/parts/ProblemNote'
import { useSettled } from '@/parts/useSettled'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { coverageShapes, type Drawing } from './drawing'
import { FilePoint } from './FilePoint'
import css from './planning.module.css'
import { planningText } from './text'

const SETTLE_MS = 250

interface Props {
  onDraw: (drawing: Drawing) => void
  /** Given while the map is too far away to show a field of view: brings a place close. */
  onFar: ((place: Place) => void) | null
}

/** A camera that might be built: place it, turn it, and see what others see of it already. */
export function PointPart({ onDraw, onFar }: Props) {
  const t = useText(planningText)
  const f = useFormat()
  const can = useCan()
  const [point, setPoint] = useState<Place | null>(null)
  const [direction, setDirection] = useState(0)
  const [angle, setAngle] = useState(60)
  const [distance, setDistance] = useState(80)
  const [filing, setFiling] = useState(false)
  const field = useMemo<PlannedField | null>(
    () => (point ? { point, direction, field_angle: angle, view_distance: distance } : null),
    [point, direction, angle, distance],
  )
  const asked = useSettled(field, SETTLE_MS)
  const coverage = useCoverage(asked)
  const cameras = coverage.data?.cameras

  useEffect(() => {
    const onPlace = (place: [number, number]) => {
      const rounded: Place = [Number(place[0].toFixed(6)), Number(place[1].toFixed(6))]
      setPoint(rounded)
      onFar?.(rounded)
    }
    onDraw({
      // Drawn here while it is turned, so that it follows the hand; the platform's answer comes a little later.
      shapes: field ? coverageShapes(sector(field.point, field.direction, field.field_angle, field.view_distance), field.point, cameras ?? []) : [],
      placing: { onPlace, onPlaced: () => undefined },
    })
  }, [field, cameras, onDraw, onFar])

  const sliders = [
    ['direction', direction, setDirection, 0, 359, 1, 'degrees'],
    ['angle', angle, setAngle, 10, 360, 5, 'degrees'],
    ['distance', distance, setDistance, 10, 500, 5, 'metres'],
  ] as const
  return (
    <div className={css.part}>
      <p className={css.hint}>{t('point.how')}</p>
      {point && <p className={css.hint}>{t('point.place')} {point.map((value) => value.toFixed(5)).join(', ')}</p>}
      {sliders.map(([name, value, set, min, max, step, unit]) => (
        <label key={name} className={css.slider}>
          <span>{t(`point.${name}`)}</span>
          <Slider min={min} max={max} step={step} value={value} onChange={set} disabled={!point} tooltip={{ formatter: null }} />
          <span>{t(`point.${unit}`, { n: f.number(value) })}</span>
        </label>
      ))}
      <ProblemNote error={coverage.error} />
      {point && coverage.data && <Found coverage={coverage.data} />}
      {field && can('cameras.write') && <Button type="primary" onClick={() => setFiling(true)}>{t('coverage.file')}</Button>}
      {filing && field && <FilePoint field={field} onClose={() => setFiling(false)} />}
    </div>
  )
}

/** Which colour a finding has: what is covered is a reason not to build. */
const toneOf = (code: string): 'success' | 'info' | 'warning' =>
  code.endsWith('_covered') ? 'warning' : code.endsWith('_none') || code.endsWith('_partly') ? 'success' : 'info'

function Found({ coverage }: { coverage: Coverage }) {
  const t = useText(planningText)
  const f = useFormat()
  const figures = [['seen', coverage.seen], ['working', coverage.working], ['assumed', coverage.assumed]] as const
  return (
    <>
      <Alert type={toneOf(coverage.finding.code)} title={coverage.finding.message} />
      <dl className={css.figures}>
        {figures.map(([name, share]) => <div key={name}><dt>{t(`coverage.${name}`)}</dt><dd>{f.percent(share, 0)}</dd></div>)}
        <div><dt>{t('coverage.area')}</dt><dd>{t('coverage.squareMetres', { n: f.number(coverage.area) })}</dd></div>
      </dl>
      {coverage.unknown > 0 && <p className={css.hint}>{t('coverage.unknown', { n: f.number(coverage.unknown) })}</p>}
      <h3 className={css.head}>{t('coverage.cameras')}</h3>
      {coverage.cameras.length === 0 && <p className={css.hint}>{t('coverage.nobody')}</p>}
      <ul className={css.list}>{coverage.cameras.map((camera) => <Seer key={camera.id} camera={camera} />)}</ul>
      <details className={css.hint}>
        <summary>{t('coverage.basis')}</summary>
        <p>{coverage.assumptions}</p>
      </details>
    </>
  )
}

function Seer({ camera }: { camera: Overlap }) {
  const t = useText(planningText)
  const f = useFormat()
  return (
    <li>
      <HealthMark health={camera.health} />
      <span>
        <Link to={`/cameras/${camera.id}`}>{camera.name}</Link>
        {camera.duplicate && <span className={css.tag} data-strong>{t('coverage.duplicate')}</span>}
        {!camera.known && <span className={css.tag}>{t('coverage.guess')}</span>}
      </span>
      <span className={css.hint}>{t('coverage.share', { share: f.percent(camera.share, 0) })} · {t('coverage.away', { n: f.number(camera.metres) })}</span>
    </li>
  )
}
