import { Button, InputNumber, Popconfirm } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { usePresets } from '@/api/control'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './control.module.css'

const MOST = 255

interface Props {
  id: string
  onOrder: (body: Record<string, unknown>) => Promise<void>
  onProblem: (error: unknown) => void
}

/** Places the camera knows by number: go there, keep this one, forget one. */
export function Presets({ id, onOrder, onProblem }: Props) {
  const t = useText(deviceText)
  const p = useText(partsText)
  const queries = useQueryClient()
  const presets = usePresets(id)
  const [number, setNumber] = useState(1)
  const act = async (action: 'preset_call' | 'preset_set' | 'preset_delete', which: number) => {
    try {
      await onOrder({ action, number: which })
      if (action !== 'preset_call') void queries.invalidateQueries({ queryKey: ['presets', id] })
    } catch (error) {
      onProblem(error)
    }
  }
  const items = presets.data?.items ?? []
  return (
    <div>
      <p className={css.label}>{t('preset.title')}</p>
      <p className={css.presets}>
        {items.map((one) => (
          <Button key={one.number} size="small" title={t('preset.call')} onClick={() => void act('preset_call', one.number)}>
            {one.name ? `${one.number} ${one.name}` : one.number}
          </Button>
        ))}
        {presets.isSuccess && items.length === 0 && <span className={css.hint}>{t('preset.none')}</span>}
        {presets.isError && <span className={css.hint}>{t('preset.unknown')}</span>}
      </p>
      <div className={css.presets}>
        <InputNumber size="small" min={1} max={MOST} precision={0} value={number} aria-label={t('preset.number')} onChange={(value) => setNumber(value ?? 1)} />
        <Button size="small" onClick={() => void act('preset_call', number)}>{t('preset.call')}</Button>
        <Popconfirm title={t('preset.setSure', { n: number })} okText={t('preset.set')} cancelText={p('common.cancel')} onConfirm={() => void act('preset_set', number)}>
          <Button size="small">{t('preset.set')}</Button>
        </Popconfirm>
        <Popconfirm title={t('preset.deleteSure', { n: number })} okText={p('common.delete')} cancelText={p('common.cancel')} onConfirm={() => void act('preset_delete', number)}>
          <Button size="small">{p('common.delete')}</Button>
        </Popconfirm>
      </div>
    </div>
  )
}
