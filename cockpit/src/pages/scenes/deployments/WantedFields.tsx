import { DeleteOutlined } from '@ant-design/icons'
import { Button, Checkbox, InputNumber, Select } from 'antd'
import type { Wanted } from '@/api/deployments'
import { useScenes } from '@/api/scenes'
import { areaWord, unitWord } from '@/pages/scenes/kinds/words'
import { useBilingual, useLanguage, useText } from '@/text/language'
import css from './deployments.module.css'
import { withSetting } from './draft'
import { deploymentsText } from './text'

interface Props {
  value: Wanted[]
  onChange: (next: Wanted[]) => void
}

/** Scenes to put onto the cameras, each with the thresholds that hold for the period. */
export function WantedFields({ value, onChange }: Props) {
  const t = useText(deploymentsText)
  const pick = useBilingual()
  const { language } = useLanguage()
  const scenes = useScenes().data?.items ?? []
  const free = scenes.filter((scene) => value.every((one) => one.scene !== scene.code))
  const areas = [...new Set(free.map((scene) => scene.area))]
  const change = (next: Wanted) => onChange(value.map((one) => (one.scene === next.scene ? next : one)))
  return (
    <>
      {value.map((one) => {
        const card = scenes.find((scene) => scene.code === one.scene)
        return (
          <div key={one.scene} className={css.wanted}>
            <b>{card ? pick(card.name) : one.scene}</b>
            {card && card.targets_least === 1 && card.targets.includes('zone') && (
              <Checkbox checked={one.whole} onChange={(event) => change({ ...one, whole: event.target.checked })}>{t('form.whole')}</Checkbox>
            )}
            <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={card ? pick(card.name) : one.scene} onClick={() => onChange(value.filter((other) => other !== one))} />
            {card && card.parameters.length > 0 && (
              <details>
                <summary>{t('form.thresholds')}</summary>
                <div className={css.settings}>
                  {card.parameters.map((parameter) => (
                    <label key={parameter.code}>
                      {pick(parameter.name)}
                      <InputNumber
                        size="small" min={parameter.least} max={parameter.most} placeholder={t('form.same')} value={one.settings[parameter.code] ?? null}
                        suffix={unitWord(language, parameter.unit)} onChange={(next) => change(withSetting(one, parameter.code, next ?? undefined))}
                      />
                    </label>
                  ))}
                </div>
              </details>
            )}
          </div>
        )
      })}
      <Select
        style={{ minWidth: 260 }} placeholder={t('form.scene.pick')} aria-label={t('form.scene.pick')} showSearch={{ optionFilterProp: 'label' }} value={null}
        options={areas.map((area) => ({ label: areaWord(language, area), options: free.filter((scene) => scene.area === area).map((scene) => ({ value: scene.code, label: pick(scene.name) })) }))}
        onChange={(scene: string | null) => scene && onChange([...value, { scene, settings: {}, whole: false }])}
      />
    </>
  )
}
