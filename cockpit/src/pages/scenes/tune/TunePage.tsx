import { ArrowLeftOutlined } from '@ant-design/icons'
import { Link, useNavigate, useParams, useSearchParams } from 'react-router'
import type { Answer } from '@/api/client'
import { useAnalysis, useCamera } from '@/api/queries'
import { useScenes } from '@/api/scenes'
import type { Analysis } from '@/api/types'
import { CameraPick } from '@/pages/scenes/kinds/CameraPick'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useText } from '@/text/language'
import page from '../scenes.module.css'
import { ScenesNav } from '../ScenesNav'
import { tuneText } from './text'
import { Tune } from './Tune'
import css from './tune.module.css'

/** Setting up scenes on one camera, on its real picture. */
export default function TunePage() {
  const { id } = useParams()
  const t = useText(tuneText)
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const scene = search.get('scene')
  const go = (next: string) => void navigate(`/scenes/tune/${next}${scene ? `?scene=${scene}` : ''}`)
  return (
    <div className={page.page}>
      <ScenesNav />
      {id ? <OfCamera key={id} id={id} onOther={go} /> : (
        <>
          <PageHead title={t('title')} note={t('note')} />
          <Teach title={t('pick')} action={<CameraPick onChange={go} />}>{t('pick.text')}</Teach>
        </>
      )}
    </div>
  )
}

function OfCamera({ id, onOther }: { id: string; onOther: (id: string) => void }) {
  const t = useText(tuneText)
  const camera = useCamera(id)
  const analysis = useAnalysis(id, camera.data !== undefined)
  const scenes = useScenes()
  const read: Answer<Analysis> | undefined = analysis.data
  const error = camera.error ?? analysis.error ?? scenes.error
  return (
    <>
      <Link to={`/cameras/${id}`} className={css.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <PageHead title={camera.data?.data.name ?? t('title')} note={t('note')}>
        <CameraPick value={id} name={camera.data?.data.name} onChange={onOther} />
      </PageHead>
      <ProblemNote error={error} onRetry={() => void Promise.all([camera.refetch(), analysis.refetch(), scenes.refetch()])} />
      {camera.data && read && scenes.data && <Tune camera={camera.data.data} read={read} scenes={scenes.data.items} />}
    </>
  )
}
