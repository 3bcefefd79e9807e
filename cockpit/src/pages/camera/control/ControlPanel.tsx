import { Button, Slider } from 'antd'
import { useCallback, useState } from 'react'
import { call } from '@/api/client'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './control.module.css'
import { LockLine } from './LockLine'
import { Pad } from './Pad'
import { Presets } from './Presets'

const SPEEDS = { min: 0.1, max: 1, step: 0.1 } as const

/** Turning and zooming one camera, beside its picture: who holds it, the pad, and places to go back to. */
export function ControlPanel({ id }: { id: string }) {
  const t = useText(deviceText)
  const [speed, setSpeed] = useState(0.5)
  const [problem, setProblem] = useState<unknown>(null)
  const order = useCallback(
    async (body: Record<string, unknown>) => {
      await call('POST', `/cameras/${id}/ptz`, { body })
      setProblem(null)
    },
    [id],
  )
  const try_ = (body: Record<string, unknown>) => order(body).catch(setProblem)

  return (
    <Panel title={t('ptz.title')} actions={<LockLine id={id} onProblem={setProblem} />}>
      <ProblemNote error={problem} />
      <div className={css.control}>
        <div>
          <Pad speed={speed} onOrder={order} onProblem={setProblem} />
          <label className={css.speed}>
            {t('ptz.speed')}
            <Slider {...SPEEDS} value={speed} onChange={setSpeed} tooltip={{ formatter: null }} />
          </label>
          <p className={css.hint}>{t('ptz.keys')}</p>
        </div>
        <div className={css.side}>
          <Presets id={id} onOrder={order} onProblem={setProblem} />
          <p className={css.lens}>
            {(['focus', 'iris'] as const).map((part) => (
              <span key={part}>
                {t(`lens.${part}`)}
                {([-1, 1] as const).map((way) => (
                  <Hold key={way} label={t(`lens.${part}.${way === 1 ? 'more' : 'less'}`)} onDown={() => void try_({ action: 'lens', [part]: way * speed })} onUp={() => void try_({ action: 'stop' })}>
                    {way === 1 ? '+' : '−'}
                  </Hold>
                ))}
              </span>
            ))}
          </p>
        </div>
      </div>
    </Panel>
  )
}

/** A button that acts as long as it is held. */
function Hold({ label, children, onDown, onUp }: { label: string; children: string; onDown: () => void; onUp: () => void }) {
  const [held, setHeld] = useState(false)
  const down = () => {
    setHeld(true)
    onDown()
  }
  const up = () => {
    if (!held) return
    setHeld(false)
    onUp()
  }
  return (
    <Button
      size="small"
      aria-label={label}
      title={label}
      onPointerDown={down}
      onPointerUp={up}
      onPointerLeave={up}
      onKeyDown={(event) => { if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) down() }}
      onKeyUp={up}
      onBlur={up}
    >
      {children}
    </Button>
  )
}
