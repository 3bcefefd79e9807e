import { Button } from 'antd'
import { Link } from 'react-router'
import { useAnalysis, useCameras } from '@/api/queries'
import type { Camera } from '@/api/types'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { LivePlayer } from '@/parts/live/LivePlayer'
import { ProblemNote } from '@/parts/ProblemNote'
import { useText } from '@/text/language'
import css from './LivePanel.module.css'
import { cockpitText } from './text'

interface Props {
  camera: Camera | null
  error?: unknown
  onChoose: (id: string | null) => void
}

/** The chosen camera's picture beside the map; with none chosen, the ones that can be. */
export function LivePanel({ camera, error, onChoose }: Props) {
  const t = useText(cockpitText)
  return (
    <div className={css.panel}>
      <Choices chosen={camera?.id ?? null} onChoose={onChoose} />
      <div className={css.picture}>
        <ProblemNote error={error} />
        {camera ? (
          <>
            <header className={css.head}>
              <HealthMark health={camera.health} />
              <h2>{camera.name}</h2>
              <Link to={`/cameras/${camera.id}`}>{t('live.facts')}</Link>
            </header>
            <WithLines key={camera.id} camera={camera} onClose={() => onChoose(null)} />
          </>
        ) : (
          <p className={css.pick}>{t('map.pick')}</p>
        )}
      </div>
    </div>
  )
}

function WithLines({ camera, onClose }: { camera: Camera; onClose: () => void }) {
  const analysis = useAnalysis(camera.id, camera.analysis)
  return <LivePlayer cameraId={camera.id} cameraName={camera.name} lines={analysis.data?.data.lines ?? []} onClose={onClose} />
}

/** Cameras that can be played, those under analysis first. */
function Choices({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const t = useText(cockpitText)
  const can = useCan()
  const cameras = useCameras({ has_source: true, limit: 30 })
  const list = [...(cameras.data?.items ?? [])].sort((a, b) => Number(b.analysis) - Number(a.analysis))
  return (
    <nav className={css.choices} aria-label={t('live.title')}>
      <h2>{t('live.title')}</h2>
      {cameras.data && list.length === 0 && (
        <>
          <p className={css.pick}>{t('live.none')}</p>
          {can('cameras.write') && <Link to="/cameras?add=1"><Button size="small">{t('live.add')}</Button></Link>}
        </>
      )}
      <ul>
        {list.map((camera) => (
          <li key={camera.id}>
            <button type="button" aria-current={camera.id === chosen || undefined} onClick={() => onChoose(camera.id)}>
              <HealthMark health={camera.health} />
              <span>{camera.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
