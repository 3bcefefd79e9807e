import { ArrowLeftOutlined, HistoryOutlined, PlayCircleOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { useCase, useCaseKinds } from '@/api/cases'
import type { Answer } from '@/api/client'
import type { CaseDetail } from '@/api/types'
import { useCan } from '@/app/auth'
import { LivePlayer } from '@/parts/live/LivePlayer'
import { rememberPurpose } from '@/parts/live/purpose'
import { useMapData } from '@/parts/map/useMapData'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat, ZONE } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { CaseActs } from './CaseActs'
import { CaseSteps } from './CaseSteps'
import { Deadline } from './CaseTable'
import css from './cases.module.css'
import { IncidentPanel } from './incidents/IncidentPanel'
import { SeverityMark } from './SeverityMark'
import { StateTag } from './StateTag'
import { casesText, sourceName } from './text'
import { useCasePulse } from './useCasePulse'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))
const NO_FILTERS = {}

/** One case: the picture one click away, what is known, what can be done, and how it went so far. */
export default function CasePage() {
  const { id = '' } = useParams()
  const t = useText(casesText)
  const found = useCase(id)
  useCasePulse()
  return (
    <div className={css.page}>
      <Link to="/cases" className={css.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      {found.data && <Known key={id} read={found.data} />}
    </div>
  )
}

function Known({ read }: { read: Answer<CaseDetail> }) {
  const t = useText(casesText)
  const f = useFormat()
  const one = read.data
  return (
    <>
      <PageHead
        title={
          <span className={css.title}>
            <SeverityMark severity={one.severity} /> #{one.number} {one.title}
            {one.occurrences > 1 && <span className={css.more}>{t('more', { n: f.number(one.occurrences - 1) })}</span>}
            <StateTag state={one.state} />
          </span>
        }
        note={<>{[one.place, one.region.name ?? one.region.code, f.dateTime(one.opened_at)].join(' · ')} <Deadline item={one} /></>}
      />
      <div className={css.grid}>
        <div className={css.side}>
          <Panel flush><Picture one={one} /></Panel>
          {one.source === 'scene' && <IncidentPanel caseId={one.id} />}
          {one.point && <Panel title={t('map.title')} flush><Where point={one.point} /></Panel>}
        </div>
        <div className={css.side}>
          <Panel title={t('act.title')} flush><CaseActs read={read} /></Panel>
          <Panel title={t('facts.title')} flush><Facts one={one} /></Panel>
          <Panel title={t('steps.title')} flush><CaseSteps id={one.id} /></Panel>
        </div>
      </div>
    </>
  )
}

/** No reason, no frame: the reason is this case, and the person confirms it. */
function Picture({ one }: { one: CaseDetail }) {
  const t = useText(casesText)
  const can = useCan()
  const [open, setOpen] = useState(false)
  if (one.camera_id === null) return <p className={css.live}>{t('live.none')}</p>
  if (!can('pictures.view')) return <p className={css.live}>{t('live.noRight')}</p>
  if (open) return <LivePlayer cameraId={one.camera_id} cameraName={one.place} onClose={() => setOpen(false)} />
  const why = () => rememberPurpose({ code: 'incident', text: t('live.purpose', { number: one.number, title: one.title }), keep: false })
  const look = () => {
    why()
    setOpen(true)
  }
  return (
    <div className={css.live}>
      <Button type="primary" size="large" icon={<PlayCircleOutlined />} onClick={look}>{t('live.open')}</Button>
      {can('recordings.read') && <Link to={lookBack(one.camera_id, one.first_at)} onClick={why}><Button size="large" icon={<HistoryOutlined />}>{t('live.back')}</Button></Link>}
      <p className={css.faint}>{t('live.teach')}</p>
    </div>
  )
}

const BEFORE_MS = 30_000

/** The recording of what a case began with, from a little before it. */
function lookBack(camera: string, moment: string): string {
  const at = new Date(Date.parse(moment) - BEFORE_MS)
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(at)
  return `/video/playback?${new URLSearchParams({ camera, day, at: at.toISOString() }).toString()}`
}

function Where({ point }: { point: [number, number] }) {
  const navigate = useNavigate()
  const map = useMapData(NO_FILTERS)
  const shapes = useMemo(() => [{ kind: 'spots' as const, points: [point], tone: 'offline' as const }], [point])
  const open = useCallback((id: string) => void navigate(`/cameras/${id}`), [navigate])
  return (
    <div className={css.map}>
      <Suspense fallback={null}>
        <RegionMap data={map.data} onView={map.onView} onCamera={open} shapes={shapes} focus={point} />
      </Suspense>
    </div>
  )
}

function Facts({ one }: { one: CaseDetail }) {
  const t = useText(casesText)
  const f = useFormat()
  const pick = useBilingual()
  const kind = useCaseKinds().data?.items.find((each) => each.code === one.kind)
  const reset = one.reset === 'asked' || one.reset === 'done' ? t(`reset.${one.reset}`) : one.reset && t('reset.failed', { code: one.reset })
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [t('facts.kind'), kind ? pick(kind) : one.kind],
    [t('facts.source'), sourceName(t, one.source)],
    [t('facts.words'), one.words],
    [t('facts.camera'), one.camera_id && <Link to={`/cameras/${one.camera_id}`}>{one.place}</Link>],
    [t('facts.device'), one.channel ?? one.device],
    [t('facts.assignee'), one.assignee?.name],
    [t('facts.deadline'), one.deadline_at && f.dateTime(one.deadline_at)],
    [t('facts.occurrences'), one.occurrences > 1 && `${f.number(one.occurrences)} (${f.dateTime(one.first_at)} – ${f.dateTime(one.last_at)})`],
    [t('facts.reopened'), one.reopened > 0 && f.number(one.reopened)],
    [t('facts.mergedInto'), one.merged_into && <Link to={`/cases/${one.merged_into}`}>{t('facts.mergedInto')}</Link>],
    [t('facts.merged'), one.merged.length > 0 && one.merged.map((id, place) => <Link key={id} to={`/cases/${id}`} style={{ marginRight: 8 }}>{place + 1}</Link>)],
    [t('facts.reset'), reset],
  ]
  return (
    <dl className={css.facts}>
      {rows.filter(([, value]) => Boolean(value)).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  )
}
