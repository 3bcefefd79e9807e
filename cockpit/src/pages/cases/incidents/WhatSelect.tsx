import { Select } from 'antd'
import { useScenes } from '@/api/scenes'
import { useBilingual, useText } from '@/text/language'
import { incidentsText } from './text'

/** A scene, or one of its incidents; `scene/` means all of a scene, empty all there are. */
export interface What {
  scene: string
  incident: string
}

interface Props {
  value: What
  onChange: (next: What) => void
  /** Whole scenes and everything may be chosen, too. */
  wide?: boolean
}

export function WhatSelect({ value, onChange, wide = false }: Props) {
  const t = useText(incidentsText)
  const pick = useBilingual()
  const scenes = (useScenes().data?.items ?? []).filter((one) => one.incidents.length > 0)
  const options = scenes.map((scene) => ({
    label: pick(scene.name),
    options: [
      ...(wide ? [{ value: `${scene.code}/`, label: `${pick(scene.name)} · ${t('rule.any')}` }] : []),
      ...scene.incidents.map((one) => ({ value: `${scene.code}/${one.code}`, label: `${pick(scene.name)} · ${pick(one.name)}` })),
    ],
  }))
  const all = wide ? [{ value: '/', label: `${t('rule.anyScene')} · ${t('rule.any')}` }] : []
  const chosen = `${value.scene}/${value.incident}`
  return (
    <Select
      aria-label={t('rule.what')} showSearch={{ optionFilterProp: 'label' }} style={{ width: '100%' }}
      {...(wide || chosen !== '/' ? { value: chosen } : {})}
      placeholder={t('who.incident')} options={[...all, ...options]}
      onChange={(next: string) => {
        const [scene = '', incident = ''] = next.split('/')
        onChange({ scene, incident })
      }}
    />
  )
}
