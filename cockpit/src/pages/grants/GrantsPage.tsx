import { Segmented } from 'antd'
import { Navigate, useNavigate, useParams } from 'react-router'
import { useWaiting } from '@/api/grants'
import { useCan } from '@/app/auth'
import { VideoNav } from '@/pages/wall/VideoNav'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import { AllPart } from './AllPart'
import { AskPart } from './AskPart'
import { DeskPart } from './DeskPart'
import css from './grants.module.css'
import { MinePart } from './MinePart'
import { grantsText } from './text'

type Part = 'mine' | 'ask' | 'desk' | 'all'

/** Who may look at which cameras, what for and until when: one's own, asking for one, deciding, and all of them. */
export default function GrantsPage() {
  const t = useText(grantsText)
  const can = useCan()
  const navigate = useNavigate()
  const { part } = useParams()
  const [asks, reads] = [can('grants.request'), can('grants.read')]
  const waiting = useWaiting(reads).data
  const shown: Part[] = [...(asks ? (['mine', 'ask'] as const) : []), ...(reads ? (['desk', 'all'] as const) : [])]
  const here = shown.find((one) => one === (part ?? shown[0]))
  if (!here) return <Navigate to={shown.length > 0 ? '/video/grants' : '/'} replace />
  const due = (waiting?.requests ?? 0) + (waiting?.emergencies ?? 0)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <VideoNav />
      <div className={css.tabs}>
        <Segmented<Part>
          aria-label={t('tab.label')} value={here} onChange={(next) => void navigate(next === shown[0] ? '/video/grants' : `/video/grants/${next}`)}
          options={shown.map((value) => ({ value, label: value === 'desk' && due > 0 ? t('tab.deskDue', { n: due }) : t(`tab.${value}`) }))}
        />
      </div>
      {here === 'mine' && <MinePart />}
      {here === 'ask' && <AskPart />}
      {here === 'desk' && <DeskPart />}
      {here === 'all' && <AllPart />}
    </div>
  )
}
