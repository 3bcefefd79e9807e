import { Link } from 'react-router'
import type { Scene } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './kinds.module.css'
import { Measured } from './Measured'
import { Needs } from './Needs'
import { kindsText } from './text'

/** One scene of the list: what it does, what it needs, how accurate it is, when not to believe it. */
export function SceneCard({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const f = useFormat()
  const pick = useBilingual()
  const may = useCan()('analysis.write')
  const [limit] = scene.limits
  return (
    <article className={css.card}>
      <header>
        <h3><Link to={`/scenes/kind/${scene.code}`}>{pick(scene.name)}</Link></h3>
        <span className={css.faint}>{scene.cameras > 0 ? t('used', { on: f.number(scene.cameras_on), all: f.number(scene.cameras) }) : t('used.none')}</span>
      </header>
      <p>{pick(scene.what)}</p>
      <Needs scene={scene} />
      <Measured accuracy={scene.accuracy[0]} />
      {limit && <p className={css.limit}><strong>{t('limits')}</strong> {pick(limit)}</p>}
      <footer>
        <Link to={`/scenes/kind/${scene.code}`}>{t('open')}</Link>
        {may && <Link to={`/scenes/tune?scene=${scene.code}`}>{t('tune')}</Link>}
      </footer>
    </article>
  )
}
