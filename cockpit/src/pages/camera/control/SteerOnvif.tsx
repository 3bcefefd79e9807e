import { Button, Input } from 'antd'
import { useCallback, useState } from 'react'
import { call } from '@/api/client'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './control.module.css'
import { Pad } from './Pad'

interface OnvifPreset {
  token: string
  name: string | null
}

const SPEED = 0.5

/** Turning a camera over ONVIF: asked for by a person, because not every camera with a stream can be turned. */
export function SteerOnvif({ id }: { id: string }) {
  const t = useText(deviceText)
  const p = useText(partsText)
  const act = useAct()
  const [presets, setPresets] = useState<OnvifPreset[] | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const [name, setName] = useState('')
  const open = () => act.run(async () => setPresets((await call<{ items: OnvifPreset[] }>('GET', `/onvif/cameras/${id}/presets`)).data.items))
  const order = useCallback(
    async (body: Record<string, unknown>) => {
      await call('POST', `/onvif/cameras/${id}/ptz`, { body })
      setProblem(null)
    },
    [id],
  )
  /** Actions on presets answer with the presets as they are then. */
  const change = async (body: Record<string, unknown>) => {
    try {
      const { data } = await call<{ items: OnvifPreset[] }>('POST', `/onvif/cameras/${id}/ptz`, { body })
      if (body.action !== 'preset_call') setPresets(data.items)
      setProblem(null)
    } catch (error) {
      setProblem(error)
    }
  }
  if (presets === null) {
    return (
      <Panel title={t('ptz.title')} note={t('onvif.note')} actions={<Button size="small" loading={act.busy} onClick={() => void open()}>{t('onvif.open')}</Button>}>
        <ProblemNote error={act.problem} />
      </Panel>
    )
  }
  return (
    <Panel title={t('ptz.title')}>
      <ProblemNote error={problem} />
      <div className={css.control}>
        <Pad speed={SPEED} onOrder={order} onProblem={setProblem} />
        <div className={css.side}>
          <p className={css.label}>{t('preset.title')}</p>
          {presets.map((one) => (
            <p key={one.token} className={css.presets}>
              <Button size="small" onClick={() => void change({ action: 'preset_call', preset: one.token })}>{one.name ?? one.token}</Button>
              <Button size="small" type="text" onClick={() => void change({ action: 'preset_delete', preset: one.token })}>{p('common.delete')}</Button>
            </p>
          ))}
          <p className={css.presets}>
            <Input size="small" style={{ width: 160 }} maxLength={60} value={name} placeholder={t('onvif.name')} onChange={(event) => setName(event.target.value)} />
            <Button size="small" disabled={!name.trim()} onClick={() => void change({ action: 'preset_set', name: name.trim() })}>{t('preset.set')}</Button>
          </p>
        </div>
      </div>
    </Panel>
  )
}
