import { Button } from 'antd'
import { useCamera } from '@/api/queries'
import { ControlPanel } from '@/pages/camera/control/ControlPanel'
import { SteerOnvif } from '@/pages/camera/control/SteerOnvif'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { wallText } from './text'
import css from './WallPage.module.css'

/** Turning the camera of one cell: the same pad and presets as on the camera's own page. */
export function Steer({ camera, onClose }: { camera: string; onClose: () => void }) {
  const t = useText(wallText)
  const p = useText(partsText)
  const read = useCamera(camera)
  const found = read.data?.data
  const protocol = found?.source?.protocol
  return (
    <aside className={css.steer} aria-label={t('steer.label')}>
      <header>
        <h2>{found?.name ?? p('common.loading')}</h2>
        <Button size="small" onClick={onClose}>{p('common.close')}</Button>
      </header>
      <ProblemNote error={read.error} />
      {protocol === 'gb28181' && <ControlPanel key={camera} id={camera} />}
      {(protocol === 'rtsp' || protocol === 'onvif') && <SteerOnvif key={camera} id={camera} />}
      {found && protocol !== 'gb28181' && protocol !== 'rtsp' && protocol !== 'onvif' && <p className={css.hint}>{t('steer.none')}</p>}
    </aside>
  )
}
