import { Button, Input, Select, Switch } from 'antd'
import { Link } from 'react-router'
import type { Scene } from '@/api/scenes'
import type { SceneSetup } from '@/api/types'
import { Measured } from '@/pages/scenes/kinds/Measured'
import type { Tool } from '@/pages/camera/ShapeCanvas'
import { useBilingual, useText } from '@/text/language'
import { changeSetup, lacking, removeSetup, setParameter, type TuneDraft } from './draft'
import { HoursField } from './HoursField'
import { ParameterField } from './ParameterField'
import { tuneText } from './text'
import css from './tune.module.css'

interface Props {
  setup: SceneSetup
  /** Its card; none when the plug-in is gone. */
  scene: Scene | undefined
  draft: TuneDraft
  disabled: boolean
  onDraft: (draft: TuneDraft) => void
  onTool: (tool: Tool) => void
}

/** One scene on this camera: where it looks, its parameters, its hours. */
export function SetupForm({ setup, scene, draft, disabled: noRight, onDraft, onTool }: Props) {
  const t = useText(tuneText)
  const pick = useBilingual()
  const disabled = noRight || setup.source !== null
  const change = (values: Partial<SceneSetup>) => onDraft(changeSetup(draft, setup.id, values))
  const remove = !disabled && <Button danger onClick={() => onDraft(removeSetup(draft, setup.id))}>{t('setup.remove')}</Button>
  if (!scene) return <div className={css.stackSmall}><p className={css.warn}>{t('setup.unknown', { scene: setup.scene })}</p><div>{remove}</div></div>
  const missing = lacking(setup, scene)
  const word = scene.targets.length > 1 ? 'setup.eitherWord' : scene.targets[0] === 'line' ? 'setup.lineWord' : 'setup.zoneWord'
  const [limit] = scene.limits
  return (
    <div className={css.stack}>
      {setup.source !== null && <p className={css.warn}>{t('setup.source', { source: setup.source })}</p>}
      <div className={css.bar}>
        <Input className={css.name} disabled={disabled} maxLength={80} aria-label={t('setup.name')} value={setup.name} onChange={(event) => change({ name: event.target.value })} />
        <label><Switch size="small" disabled={disabled} checked={setup.enabled} onChange={(enabled) => change({ enabled })} /> {t('setup.on')}</label>
      </div>
      {(['zone', 'line'] as const).filter((kind) => scene.targets.includes(kind)).map((kind) => (
        <div key={kind} className={css.bar}>
          <span>{t(kind === 'zone' ? 'setup.zones' : 'setup.lines')}</span>
          <Select
            mode="multiple" disabled={disabled} className={css.targets} aria-label={t(kind === 'zone' ? 'setup.zones' : 'setup.lines')}
            value={kind === 'zone' ? setup.zones : setup.lines} options={(kind === 'zone' ? draft.zones : draft.lines).map((one) => ({ value: one.id, label: one.name }))}
            onChange={(ids: string[]) => change(kind === 'zone' ? { zones: ids } : { lines: ids })}
          />
          {!disabled && <Button onClick={() => onTool(kind)}>{t(kind === 'zone' ? 'setup.drawZone' : 'setup.drawLine')}</Button>}
        </div>
      ))}
      {missing > 0 && <p className={css.warn}>{t('setup.lack', { n: missing, what: t(word) })}</p>}
      {scene.needs.ground && draft.ground.length < 4 && <p className={css.warn}>{t('setup.ground')}</p>}
      {scene.parameters.length > 0 && (
        <div className={css.stackSmall}>
          <strong>{t('parameters')}</strong>
          {scene.parameters.map((one) => (
            <ParameterField key={one.code} parameter={one} value={setup.settings[one.code]} disabled={disabled} onChange={(value) => change({ settings: setParameter(setup.settings, one, value) })} />
          ))}
        </div>
      )}
      <HoursField value={setup.hours} disabled={disabled} onChange={(hours) => change({ hours })} />
      <div className={css.card}>
        <p><strong>{t('card')}</strong> <Link to={`/scenes/kind/${scene.code}`}>{pick(scene.name)}</Link> <span className={css.hint}>{pick(scene.what)}</span></p>
        <Measured accuracy={scene.accuracy[0]} />
        {limit && <p className={css.hint}>{pick(limit)}</p>}
      </div>
      <div>{remove}</div>
    </div>
  )
}
