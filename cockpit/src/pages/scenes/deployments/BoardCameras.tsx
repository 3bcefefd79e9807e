import { Link } from 'react-router'
import type { BoardCamera } from '@/api/deployments'
import { useScenes } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './deployments.module.css'
import { missingWords } from './missing'
import { deploymentsText } from './text'

const FIGURES = 5

/** Those that need somebody first: broken, then unwatched, then by name. */
const order = (one: BoardCamera) => (one.health === 'offline' || one.health === 'bad' ? 0 : one.watched ? 2 : 1)

/** Every camera of a deployment with how it is and what it counts. */
export function BoardCameras({ cameras }: { cameras: readonly BoardCamera[] }) {
  const t = useText(deploymentsText)
  const f = useFormat()
  const can = useCan()
  const pick = useBilingual()
  const cards = useScenes().data?.items ?? []
  const name = (scene: string) => { const card = cards.find((one) => one.code === scene); return card ? pick(card.name) : scene || t('unknown.card') }
  const sorted = [...cameras].sort((a, b) => order(a) - order(b))
  return (
    <div className={css.cameras}>
      {sorted.map((one) => (
        <article key={one.id} className={css.camera} data-off={!one.watched}>
          <header><HealthMark health={one.health} /><Link to={`/cameras/${one.id}`} title={one.name}>{one.name}</Link></header>
          <ul>
            {one.watched
              ? one.figures.slice(0, FIGURES).map((figure) => (
                <li key={`${figure.scene} ${figure.name} ${figure.target} ${figure.kind}`}><span>{figure.name}</span><b>{f.number(figure.value, Number.isInteger(figure.value) ? 0 : 1)} {figure.unit}</b></li>
              ))
              : <li className={css.bad}>{one.reason_words ?? (one.state === 'on' ? t('camera.unwatched') : t(`camera.state.${one.state}`))}</li>}
            {one.missing.map((lack) => (
              <li key={`${lack.scene} ${lack.what}`}>
                <span>{missingWords(t, lack, name)}</span>
                {(lack.what === 'drawn' || lack.what === 'ground') && can('analysis.write') && <Link to={`/scenes/tune/${one.id}`}>{t('camera.tune')}</Link>}
              </li>
            ))}
          </ul>
        </article>
      ))}
    </div>
  )
}
