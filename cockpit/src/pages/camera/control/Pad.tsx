import { useEffect, useMemo, useRef } from 'react'
import { useText } from '@/text/language'
import { deviceText, type DeviceKey } from '../device/text'
import css from './control.module.css'
import { Driver, isDriveKey, isStill, motionOf, STILL, type Motion } from './drive'

interface Way {
  label: DeviceKey
  arrow: string
  motion: Motion
}

const way = (label: DeviceKey, arrow: string, pan: number, tilt: number, zoom = 0): Way => ({ label, arrow, motion: { pan, tilt, zoom } })

/** The nine fields of the pad in reading order; the middle one stops. */
const FIELDS: readonly (Way | null)[] = [
  way('ptz.upLeft', '↖', -1, 1), way('ptz.up', '↑', 0, 1), way('ptz.upRight', '↗', 1, 1),
  way('ptz.left', '←', -1, 0), null, way('ptz.right', '→', 1, 0),
  way('ptz.downLeft', '↙', -1, -1), way('ptz.down', '↓', 0, -1), way('ptz.downRight', '↘', 1, -1),
]
const ZOOMS: readonly Way[] = [way('ptz.zoomIn', '+', 0, 0, 1), way('ptz.zoomOut', '−', 0, 0, -1)]

const STOP_FIELD = '■'

interface Props {
  speed: number
  onOrder: (body: Record<string, unknown>) => Promise<void>
  onProblem: (error: unknown) => void
}

/** Moves the camera as long as a field or an arrow key is held, and stops whenever the hand or the page goes away. */
export function Pad({ speed, onOrder, onProblem }: Props) {
  const t = useText(deviceText)
  const driver = useMemo(
    () => new Driver((motion) => onOrder(isStill(motion) ? { action: 'stop' } : { action: 'move', ...motion }), onProblem),
    [onOrder, onProblem],
  )
  const keys = useRef(new Set<string>())

  useEffect(() => {
    const stop = () => {
      keys.current.clear()
      driver.stop()
    }
    window.addEventListener('blur', stop)
    document.addEventListener('visibilitychange', stop)
    return () => {
      window.removeEventListener('blur', stop)
      document.removeEventListener('visibilitychange', stop)
      stop()
    }
  }, [driver])

  const press = (event: React.KeyboardEvent, down: boolean) => {
    if (!isDriveKey(event.key) || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    if (down) keys.current.add(event.key)
    else keys.current.delete(event.key)
    driver.want(motionOf(keys.current, speed))
  }
  const hold = ({ pan, tilt, zoom }: Motion) => driver.want({ pan: pan * speed, tilt: tilt * speed, zoom: zoom * speed })
  const field = ({ label, arrow, motion }: Way) => (
    <button
      key={label}
      type="button"
      tabIndex={-1}
      aria-label={t(label)}
      title={t(label)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        hold(motion)
      }}
      onPointerUp={() => driver.stop()}
      onPointerCancel={() => driver.stop()}
    >
      {arrow}
    </button>
  )

  return (
    <div
      className={css.pad}
      role="group"
      tabIndex={0}
      aria-label={t('ptz.pad')}
      onKeyDown={(event) => press(event, true)}
      onKeyUp={(event) => press(event, false)}
      onBlur={() => { keys.current.clear(); driver.want(STILL) }}
    >
      <div className={css.fields}>
        {FIELDS.map((one) =>
          one ? field(one) : (
            <button key="stop" type="button" tabIndex={-1} aria-label={t('ptz.stop')} title={t('ptz.stop')} onClick={() => void onOrder({ action: 'stop' }).catch(onProblem)}>{STOP_FIELD}</button>
          ),
        )}
      </div>
      <div className={css.zooms}>{ZOOMS.map(field)}</div>
    </div>
  )
}
