import { Select } from 'antd'
import type { Scene } from '@/api/scenes'
import { areaWord } from '@/pages/scenes/kinds/words'
import type { Tool } from '@/pages/camera/ShapeCanvas'
import { Teach } from '@/parts/Teach'
import { useBilingual, useLanguage, useText } from '@/text/language'
import { addSetup, type TuneDraft } from './draft'
import { SetupForm } from './SetupForm'
import { tuneText } from './text'
import css from './tune.module.css'

interface Props {
  draft: TuneDraft
  scenes: readonly Scene[]
  chosen: string | null
  disabled: boolean
  onDraft: (draft: TuneDraft) => void
  onChoose: (id: string | null) => void
  onTool: (tool: Tool) => void
}

/** The scenes on this camera; one of them open. */
export function SetupsPanel({ draft, scenes, chosen, disabled, onDraft, onChoose, onTool }: Props) {
  const t = useText(tuneText)
  const pick = useBilingual()
  const { language } = useLanguage()
  const areas = [...new Set(scenes.map((one) => one.area))]
  const options = areas.map((area) => ({
    label: areaWord(language, area),
    options: scenes.filter((one) => one.area === area).map((one) => ({ value: one.code, label: pick(one.name) })),
  }))
  const add = (code: string) => {
    const scene = scenes.find((one) => one.code === code)
    if (!scene) return
    const same = draft.scenes.filter((one) => one.scene === code).length
    const next = addSetup(draft, scene, same > 0 ? `${pick(scene.name)} ${String(same + 1)}` : pick(scene.name))
    onDraft(next)
    onChoose(next.scenes.at(-1)?.id ?? null)
  }
  return (
    <div className={css.stack}>
      {!disabled && (
        <Select<string>
          className={css.add} placeholder={t('add')} aria-label={t('add')} value={null} options={options} popupMatchSelectWidth={280}
          showSearch={{ optionFilterProp: 'label' }} onChange={add}
        />
      )}
      {draft.scenes.length === 0 && <Teach title={t('setups.none')}>{!disabled && t('setups.teach')}</Teach>}
      <ul className={css.setups}>
        {draft.scenes.map((setup) => {
          const scene = scenes.find((one) => one.code === setup.scene)
          const here = setup.id === chosen
          return (
            <li key={setup.id} data-chosen={here || undefined}>
              <button type="button" aria-expanded={here} onClick={() => onChoose(here ? null : setup.id)}>
                <strong>{setup.name}</strong> <span className={css.hint}>{scene ? pick(scene.name) : setup.scene}</span>
                <span className={css.mark} data-on={(setup.enabled && draft.enabled) || undefined} aria-hidden />
              </button>
              {here && <SetupForm setup={setup} scene={scene} draft={draft} disabled={disabled} onDraft={onDraft} onTool={onTool} />}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
