import { Alert, Button, Segmented } from 'antd'
import { Link, useSearchParams } from 'react-router'
import { SCENE_AREAS, useScenes, type Scene } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useLanguage, useText } from '@/text/language'
import css from './kinds/kinds.module.css'
import { SceneCard } from './kinds/SceneCard'
import { kindsText } from './kinds/text'
import { areaWord } from './kinds/words'
import page from './scenes.module.css'
import { ScenesNav } from './ScenesNav'
import { scenesText } from './text'

/** What the cameras can be watched for, by area. */
export default function ScenesPage() {
  const t = useText(scenesText)
  const k = useText(kindsText)
  const can = useCan()
  return (
    <div className={page.page}>
      <PageHead title={t('title')} note={t('note')}>
        {can('scenes.read') && can('analysis.write') && (
          <>
            <Link to="/scenes/packs"><Button>{k('packs')}</Button></Link>
            <Link to="/scenes/tune"><Button type="primary">{k('tune')}</Button></Link>
          </>
        )}
      </PageHead>
      <ScenesNav />
      {can('scenes.read') && <Areas />}
    </div>
  )
}

function Areas() {
  const k = useText(kindsText)
  const { language } = useLanguage()
  const [search, setSearch] = useSearchParams()
  const chosen = search.get('area') ?? 'all'
  const read = useScenes()
  const scenes = read.data?.items ?? []
  const areas = [...new Set([...SCENE_AREAS.filter((one) => scenes.some((scene) => scene.area === one)), ...scenes.map((scene) => scene.area)])]
  const shown = areas.filter((one) => chosen === 'all' || one === chosen)
  return (
    <>
      <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
      {read.data && read.data.broken.length > 0 && (
        <Alert type="warning" showIcon title={k('broken', { n: read.data.broken.length })} description={read.data.broken.map((one) => <div key={one.name}>{one.name} ({one.package}): {one.why}</div>)} />
      )}
      {areas.length > 1 && (
        <Segmented aria-label={k('choose')} value={chosen} options={['all', ...areas].map((value) => ({ value, label: areaWord(language, value) }))} onChange={(next) => setSearch(next === 'all' ? {} : { area: next }, { replace: true })} />
      )}
      {read.data && scenes.length === 0 && <Teach title={k('none')}>{k('none.text')}</Teach>}
      {shown.map((one) => <OfArea key={one} title={areaWord(language, one)} scenes={scenes.filter((scene) => scene.area === one)} />)}
    </>
  )
}

function OfArea({ title, scenes }: { title: string; scenes: readonly Scene[] }) {
  return (
    <section>
      <h2 className={css.section}>{title}</h2>
      <div className={css.grid}>{scenes.map((scene) => <SceneCard key={scene.code} scene={scene} />)}</div>
    </section>
  )
}
