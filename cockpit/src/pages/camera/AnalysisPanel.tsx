import { App, Button, InputNumber, Select, Switch } from 'antd'
import { Link, useParams } from 'react-router'
import { useModels } from '@/api/queries'
import type { AnalysisState } from '@/api/types'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './AnalysisPanel.module.css'
import { ShapeRow } from './ShapeRow'
import type { Tool } from './ShapeCanvas'
import { cameraText } from './text'
import type { Editing } from './useDraft'

interface Props {
  editing: Editing
  state: AnalysisState | null | undefined
  tool: Tool
  chosen: string | null
  onTool: (tool: Tool) => void
  onChoose: (id: string | null) => void
}

/** What a camera is watched for: switch, model, lines and zones, beside the picture they are drawn on. */
export function AnalysisPanel({ editing, state, tool, chosen, onTool, onChoose }: Props) {
  const t = useText(cameraText)
  const can = useCan()
  const { id = '' } = useParams()
  const { message } = App.useApp()
  const models = useModels(can('system.read'))
  const { draft, setDraft, changed, busy, problem, conflict } = editing
  const may = can('analysis.write')
  const shapes = [...draft.lines, ...draft.zones]
  const save = async () => {
    if (await editing.save()) void message.success(t('analysis.saved'))
  }

  return (
    <div className={css.panel}>
      <State state={state} />
      {can('scenes.read') && <p><Link to={`/scenes/tune/${id}`}>{t('analysis.scenes')}</Link></p>}
      {conflict ? (
        <p className={css.conflict}>{t('analysis.conflict')} <Button size="small" onClick={() => void editing.reread()}>{t('analysis.reread')}</Button></p>
      ) : (
        <ProblemNote error={problem} />
      )}
      {!may && <p className={css.hint}>{t('analysis.noRight')}</p>}
      <div className={css.settings}>
        <label>
          <Switch checked={draft.enabled} disabled={!may || (shapes.length === 0 && !draft.enabled)} onChange={(enabled) => setDraft({ ...draft, enabled })} />
          {t('analysis.enabled')}
        </label>
        <label>
          {t('analysis.model')}
          <Select
            allowClear
            disabled={!may}
            popupMatchSelectWidth={false}
            placeholder={t('analysis.byDefault')}
            value={draft.model}
            options={[...new Set([...(models.data?.items.map((model) => model.name) ?? []), ...(draft.model ? [draft.model] : [])])].map((value) => ({ value, label: value }))}
            onChange={(model: string | undefined) => setDraft({ ...draft, model: model ?? null })}
          />
        </label>
        <label>
          {t('analysis.fps')}
          <InputNumber disabled={!may} min={0.1} max={60} step={1} placeholder={t('analysis.byDefault')} value={draft.fps} onChange={(fps) => setDraft({ ...draft, fps })} />
        </label>
      </div>
      {may && (
        <div className={css.tools}>
          <Button type={tool === 'line' ? 'primary' : 'default'} onClick={() => onTool(tool === 'line' ? 'edit' : 'line')}>{t('analysis.addLine')}</Button>
          <Button type={tool === 'zone' ? 'primary' : 'default'} onClick={() => onTool(tool === 'zone' ? 'edit' : 'zone')}>{t('analysis.addZone')}</Button>
          <span className={css.hint}>{tool === 'line' ? t('analysis.drawLine') : tool === 'zone' ? t('analysis.drawZone') : t('analysis.edit')}</span>
        </div>
      )}
      {shapes.length === 0 && <p className={css.hint}>{t('analysis.none')} {!draft.enabled && t('analysis.needShape')}</p>}
      <ul className={css.shapes}>
        {shapes.map((shape) => (
          <ShapeRow key={shape.id} shape={shape} draft={draft} disabled={!may} chosen={shape.id === chosen} onDraft={setDraft} onChoose={onChoose} />
        ))}
      </ul>
      {may && (
        <div className={css.foot}>
          {changed && <span className={css.hint}>{t('analysis.changed')}</span>}
          <Button disabled={!changed || busy} onClick={editing.discard}>{t('analysis.undo')}</Button>
          <Button type="primary" disabled={!changed} loading={busy} onClick={() => void save()}>{t('analysis.save')}</Button>
        </div>
      )}
    </div>
  )
}

function State({ state }: { state: AnalysisState | null | undefined }) {
  const t = useText(cameraText)
  const f = useFormat()
  if (!state) return null
  return (
    <p className={css.state}>
      <HealthMark health={state.running ? 'works' : 'unknown'} />
      <strong>{state.running ? t('analysis.running') : t('analysis.stopped')}</strong>
      {state.running && state.fps !== null && <span>{t('analysis.fpsNow', { fps: f.number(state.fps, 1) })}</span>}
      {state.running && <span>{t('analysis.coverage', { coverage: f.percent(state.coverage, 0) })}</span>}
      {state.running && state.worker && <span>{t('analysis.worker', { worker: state.worker, epoch: f.number(state.epoch) })}</span>}
      {state.reason && <span>{t('analysis.reason', { reason: state.reason })}</span>}
    </p>
  )
}
