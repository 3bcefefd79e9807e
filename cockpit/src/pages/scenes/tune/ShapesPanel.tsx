import { Button } from 'antd'
import { ShapeRow } from '@/pages/camera/ShapeRow'
import type { Tool } from '@/pages/camera/ShapeCanvas'
import { cameraText } from '@/pages/camera/text'
import { useText } from '@/text/language'
import { redraw, type TuneDraft } from './draft'
import { tuneText } from './text'
import css from './tune.module.css'

interface Props {
  draft: TuneDraft
  tool: Tool
  chosen: string | null
  disabled: boolean
  onDraft: (draft: TuneDraft) => void
  onTool: (tool: Tool) => void
  onChoose: (id: string | null) => void
}

/** The camera's zones and lines, whichever scene they belong to. */
export function ShapesPanel({ draft, tool, chosen, disabled, onDraft, onTool, onChoose }: Props) {
  const t = useText(tuneText)
  const c = useText(cameraText)
  const shapes = [...draft.lines, ...draft.zones]
  return (
    <div className={css.stack}>
      {!disabled && (
        <div className={css.bar}>
          <Button type={tool === 'line' ? 'primary' : 'default'} onClick={() => onTool(tool === 'line' ? 'edit' : 'line')}>{c('analysis.addLine')}</Button>
          <Button type={tool === 'zone' ? 'primary' : 'default'} onClick={() => onTool(tool === 'zone' ? 'edit' : 'zone')}>{c('analysis.addZone')}</Button>
          <span className={css.hint}>{tool === 'line' ? c('analysis.drawLine') : tool === 'zone' ? c('analysis.drawZone') : c('analysis.edit')}</span>
        </div>
      )}
      {shapes.length === 0 && <p className={css.hint}>{t('shapes.none')}</p>}
      <ul className={css.shapes}>
        {shapes.map((one) => (
          <ShapeRow key={one.id} shape={one} draft={draft} disabled={disabled} chosen={one.id === chosen} onDraft={(drawn) => onDraft(redraw(draft, drawn, null))} onChoose={onChoose} />
        ))}
      </ul>
    </div>
  )
}
