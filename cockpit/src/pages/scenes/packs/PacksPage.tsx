import { ArrowLeftOutlined } from '@ant-design/icons'
import { Link } from 'react-router'
import { useCan } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import css from '../kinds/kinds.module.css'
import page from '../scenes.module.css'
import { ScenesNav } from '../ScenesNav'
import { Changes } from './Changes'
import { ExportPart } from './ExportPart'
import { ImportPart } from './ImportPart'
import { packsText } from './text'

/** Proven scenes as files: out of here, into here, and back again. */
export default function PacksPage() {
  const t = useText(packsText)
  const may = useCan()('analysis.write')
  return (
    <div className={page.page}>
      <ScenesNav />
      <Link to="/scenes" className={css.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <div className={css.stack}>
        <PageHead title={t('title')} note={t('note')} />
        <div className={css.two}>
          <ExportPart />
          {may && <ImportPart />}
        </div>
        <Changes />
      </div>
    </div>
  )
}
