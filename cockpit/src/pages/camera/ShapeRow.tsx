import { Button, Input, Select } from 'antd'
import type { Line, Zone } from '@/api/types'
import { className, CLASSES } from '@/parts/names'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import css from './AnalysisPanel.module.css'
import { change, flip, remove, type Draft } from './draft'
import { cameraText } from './text'

interface Props {
  shape: Line | Zone
  draft: Draft
  disabled: boolean
  chosen: boolean
  onDraft: (draft: Draft) => void
  onChoose: (id: string) => void
}

export function ShapeRow({ shape, draft, disabled, chosen, onDraft, onChoose }: Props) {
  const t = useText(cameraText)
  const p = useText(partsText)
  return (
    <li className={css.shape} data-chosen={chosen || undefined} data-kind={'a' in shape ? 'line' : 'zone'} onFocus={() => onChoose(shape.id)}>
      <Input
        aria-label={t('analysis.name')}
        disabled={disabled}
        maxLength={80}
        value={shape.name}
        onChange={(event) => onDraft(change(draft, shape.id, { name: event.target.value }))}
      />
      <Select
        mode="multiple"
        aria-label={t('analysis.classes')}
        disabled={disabled}
        maxTagCount="responsive"
        status={shape.classes.length === 0 ? 'error' : ''}
        placeholder={t('analysis.classesNeeded')}
        value={shape.classes}
        options={CLASSES.map((value) => ({ value, label: className(p, value) }))}
        onChange={(classes) => onDraft(change(draft, shape.id, { classes }))}
      />
      {'a' in shape && <Button disabled={disabled} title={t('analysis.flipHint')} onClick={() => onDraft(flip(draft, shape.id))}>{t('analysis.flip')}</Button>}
      <Button disabled={disabled} onClick={() => onDraft(remove(draft, shape.id))}>{t('analysis.remove')}</Button>
    </li>
  )
}
