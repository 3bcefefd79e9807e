import { Button, InputNumber, Segmented } from 'antd'
import { Link, useSearchParams } from 'react-router'
import type { BesideCamera, NearCamera } from '@/api/areas'
import type { CameraItem } from '@/api/types'
import { HealthBar } from '@/parts/HealthBar'
import { HealthMark } from '@/parts/HealthMark'
import { lengthOf } from '@/parts/map/shapes'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { camerasText } from '../text'
import css from './select.module.css'
import type { Selection, Tool } from './useSelection'

const TOOLS: readonly Tool[] = ['inside', 'nearest', 'along']
const STATES = ['works', 'bad', 'offline', 'unknown'] as const

/** Beside the map: the three ways to choose cameras by place, and what was chosen. */
export function SelectionPanel({ selection }: { selection: Selection }) {
  const t = useText(camerasText)
  const { tool } = selection
  return (
    <div className={css.panel} data-open={tool !== null || undefined}>
      <Segmented<Tool | 'none'>
        size="small"
        aria-label={t('select.label')}
        value={tool ?? 'none'}
        options={[{ value: 'none', label: t('select.none') }, ...TOOLS.map((value) => ({ value, label: t(`select.${value}`) }))]}
        onChange={(value) => selection.take(value === 'none' ? null : value)}
      />
      {tool !== null && <Body selection={selection} tool={tool} />}
    </div>
  )
}

function Body({ selection, tool }: { selection: Selection; tool: Tool }) {
  const t = useText(camerasText)
  const p = useText(partsText)
  const { found, points, least } = selection
  const drawing = !selection.done && tool !== 'nearest'
  return (
    <>
      <p className={css.hint}>{t(`select.${tool}How`)}</p>
      {tool === 'along' && (
        <label className={css.metres}>
          {t('select.within')}
          <InputNumber size="small" min={5} max={1000} step={10} precision={0} value={selection.metres} onChange={(value) => selection.setMetres(value ?? 50)} />
          {t('select.metres')}
        </label>
      )}
      {drawing && (
        <p className={css.steps}>
          <Button size="small" disabled={points.length === 0} onClick={selection.back}>{t('select.back')}</Button>
          <Button size="small" type="primary" disabled={points.length < least} onClick={selection.onPlaced}>{t('select.done')}</Button>
        </p>
      )}
      {selection.done && tool !== 'nearest' && <p className={css.steps}><Button size="small" onClick={() => selection.take(tool)}>{t('select.again')}</Button></p>}
      <ProblemNote error={selection.error} />
      {selection.busy && <p className={css.hint}>{p('common.loading')}</p>}
      {found && <Found selection={selection} />}
    </>
  )
}

function Found({ selection }: { selection: Selection }) {
  const t = useText(camerasText)
  const f = useFormat()
  const { found, points } = selection
  if (!found) return null
  const length = found.length ?? lengthOf(points)
  return (
    <>
      {found.counts && (
        <div className={css.counts}>
          <p><strong>{t('total.exact', { n: f.number(found.counts.total) })}</strong>{selection.tool === 'along' && ` · ${t('select.length', { km: f.number(length / 1000, 1) })}`}</p>
          <HealthBar summary={found.counts} />
          <p className={css.states}>{STATES.map((state) => <HealthMark key={state} health={state} count={f.number(found.counts?.[state])} />)}</p>
        </div>
      )}
      {found.cameras.length > 0 && <AsList selection={selection} />}
      {found.cameras.length === 0 && <p className={css.hint}>{t('select.empty')}</p>}
      <ol className={css.list}>
        {found.cameras.map((camera) => (
          <li key={camera.id}>
            <HealthMark health={camera.health} />
            <Link to={`/cameras/${camera.id}`}>{camera.name}</Link>
            <span className={css.hint}>{distance(camera, (metres) => t('select.m', { n: f.number(metres) }))}</span>
          </li>
        ))}
      </ol>
      {found.counts && found.counts.total > found.cameras.length && <p className={css.hint}>{t('select.more', { n: f.number(found.counts.total - found.cameras.length) })}</p>}
    </>
  )
}

/** Keeps what was chosen and narrows the page to it: table, map, export and whoever gets the address. */
function AsList({ selection }: { selection: Selection }) {
  const t = useText(camerasText)
  const act = useAct()
  const [, setSearch] = useSearchParams()
  const open = () =>
    act.run(async () => {
      const id = await selection.keep()
      if (id !== null) setSearch(new URLSearchParams({ selection: id }))
    })
  return (
    <>
      <Button size="small" loading={act.busy} onClick={() => void open()}>{t('select.asList')}</Button>
      <ProblemNote error={act.problem} />
    </>
  )
}

/** A camera near a place is told by how far it is, one beside a route by where the route passes it. */
function distance(camera: CameraItem | NearCamera | BesideCamera, word: (metres: number) => string): string {
  if ('along' in camera) return word(camera.along)
  return 'metres' in camera ? word(camera.metres) : ''
}
