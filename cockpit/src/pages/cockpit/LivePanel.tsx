import { Button } from 'antd'
import { Link } from 'react-router'
import { useAnalysis, useCameras } from '@/api/queries'
import type { Camera, CameraItem } from '@/api/types'
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

/** The chosen camera's picture below the map; with none chosen, only the ones that can be. */
export function LivePanel({ camera, error, onChoose }: Props) {
  const t = useText(cockpitText)
  return (
    <div className={css.panel} data-open={camera !== null || undefined}>
      <Choices chosen={camera?.id ?? null} onChoose={onChoose} />
      <ProblemNote error={error} />
      {camera && (
        <div className={css.picture}>
          <header className={css.head}>
            <HealthMark health={camera.health} />
            <h2>{camera.name}</h2>
            <Link to={`/cameras/${camera.id}`}>{t('live.facts')}</Link>
          </header>
          <WithLines key={camera.id} camera={camera} onClose={() => onChoose(null)} />
        </div>
      )}
    </div>
  )
}

function WithLines({ camera, onClose }: { camera: Camera; onClose: () => void }) {
  const analysis = useAnalysis(camera.id, camera.analysis)
  return <LivePlayer cameraId={camera.id} cameraName={camera.name} lines={analysis.data?.data.lines ?? []} onClose={onClose} />
}

const SHOWN = 12

/** Cameras to look at: those under analysis first, filled up with others that can be played. */
function useChoices(): { list: CameraItem[]; ready: boolean } {
  const watched = useCameras({ analysis: true, limit: SHOWN })
  const playable = useCameras({ has_source: true, health: 'works', sort: '-health_at', limit: 100 })
  const first = (watched.data?.items ?? []).filter((camera) => camera.analysis)
  const rest = (playable.data?.items ?? []).filter((camera) => camera.has_source && !first.some(({ id }) => id === camera.id))
  return { list: [...first, ...rest].slice(0, SHOWN), ready: Boolean(watched.data && playable.data) }
}

function Choices({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const t = useText(cockpitText)
  const can = useCan()
  const { list, ready } = useChoices()
  return (
    <nav className={css.choices} aria-label={t('live.title')}>
      <h2>{t('live.title')}</h2>
      <p className={css.pick}>{ready && list.length === 0 ? t('live.none') : t('map.pick')}</p>
      {ready && list.length === 0 && can('cameras.write') && <Link to="/cameras?add=1"><Button size="small">{t('live.add')}</Button></Link>}
      <ul>
        {list.map((camera) => (
          <li key={camera.id}>
            <button type="button" aria-current={camera.id === chosen || undefined} title={camera.name} onClick={() => onChoose(camera.id)}>
              <HealthMark health={camera.health} />
              <span>{camera.name}</span>
              {camera.analysis && <em>{t('live.watched')}</em>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  )
}
