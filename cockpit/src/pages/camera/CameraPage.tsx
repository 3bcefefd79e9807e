import { ArrowLeftOutlined } from '@ant-design/icons'
import { Tabs } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import { Link, useParams } from 'react-router'
import { useAnalysis, useCamera } from '@/api/queries'
import type { Answer } from '@/api/client'
import type { Analysis, Camera } from '@/api/types'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { HealthPulse } from '@/parts/HealthPulse'
import { LivePlayer } from '@/parts/live/LivePlayer'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { RetrievalTable } from '@/parts/register/RetrievalTable'
import { Star } from '@/parts/Star'
import { Teach } from '@/parts/Teach'
import { diagnosisText } from '@/pages/health/diagnosis/text'
import { CameraOrders } from '@/pages/maintenance/CameraOrders'
import { WhyPanel } from '@/pages/scenes/compute/WhyPanel'
import { partsText } from '@/parts/text'
import { useText } from '@/text/language'
import { AnalysisPanel } from './AnalysisPanel'
import { CameraActions } from './CameraActions'
import css from './CameraPage.module.css'
import { ControlPanel } from './control/ControlPanel'
import { CameraFacts } from './CameraFacts'
import { FilePanel } from './file/FilePanel'
import { fileText } from './file/text'
import { DevicePanel } from './device/DevicePanel'
import { deviceText } from './device/text'
import { EventsPanel } from './events/EventsPanel'
import { RecognisedPanel } from './events/RecognisedPanel'
import { eventsText } from './events/text'
import { DiagnosisPanel } from './diagnosis/DiagnosisPanel'
import { OsdPanel } from './osd/OsdPanel'
import { osdText } from './osd/text'
import { PicturePanel } from './picture/PicturePanel'
import { Probes } from './Probes'
import { ReportedPanel } from './device/ReportedPanel'
import { SteerOnvif } from './control/SteerOnvif'
import { ShapeCanvas, type Tool } from './ShapeCanvas'
import { cameraText } from './text'
import { useDraft } from './useDraft'

const SeriesChart = lazy(() => import('@/parts/series/SeriesChart'))

/** One camera: its picture first, then what is known about it and what it is watched for. */
export default function CameraPage() {
  const { id = '' } = useParams()
  const camera = useCamera(id)
  const analysis = useAnalysis(id, camera.data !== undefined)
  return (
    <div className={css.page}>
      <HealthPulse />
      <ProblemNote error={camera.error} onRetry={() => void camera.refetch()} />
      {camera.data && (analysis.data ?? analysis.error) && (
        <Known key={id} read={camera.data} analysis={analysis.data} problem={analysis.error} />
      )}
    </div>
  )
}

interface KnownProps {
  read: Answer<Camera>
  analysis: Answer<Analysis> | undefined
  problem: unknown
}

function Known({ read, analysis, problem }: KnownProps) {
  const t = useText(cameraText)
  const p = useText(partsText)
  const camera = read.data
  const trouble = camera.health === 'works' ? null : p(`health.next.${camera.health}`)
  return (
    <>
      <Link to="/cameras" className={css.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <PageHead
        title={<span className={css.title}><HealthMark health={camera.health} /> {camera.name} <Star camera={camera.id} name={camera.name} /></span>}
        note={
          <>
            {(camera.path ?? (camera.region ? [camera.region] : [])).map((region) => region.name).join(' / ')}
            {camera.archived_at && <strong className={css.archived}>{t('head.archived')}</strong>}
            {trouble && <p>{trouble}</p>}
          </>
        }
      >
        <CameraActions read={read} />
      </PageHead>
      <ProblemNote error={problem} />
      <CameraOrders id={camera.id} />
      {analysis ? <Watched camera={camera} read={analysis} /> : <div className={css.grid}><Side camera={camera} /></div>}
    </>
  )
}

/** Picture and analysis share one draft: what is drawn on the one is listed in the other. */
function Watched({ camera, read }: { camera: Camera; read: Answer<Analysis> }) {
  const t = useText(cameraText)
  const can = useCan()
  const editing = useDraft(camera.id, read)
  const [tab, setTab] = useState('facts')
  const [tool, setTool] = useState<Tool>('edit')
  const [chosen, setChosen] = useState<string | null>(null)
  const drawing = tab === 'analysis' && can('analysis.write')
  const canvas = drawing && (
    <ShapeCanvas draft={editing.draft} tool={tool} chosen={chosen} onDraft={editing.setDraft} onTool={setTool} onChoose={setChosen} />
  )
  return (
    <div className={css.grid}>
      <section className={css.picture}>
        {!camera.source && <Teach title={t('live.noSource')}>{t('live.noSourceText')}</Teach>}
        {camera.source && !can('pictures.view') && <Teach title={t('live.noRight')} />}
        {camera.source && can('pictures.view') && (
          <LivePlayer cameraId={camera.id} cameraName={camera.name} lines={drawing ? [] : read.data.lines} overlay={canvas} {...(can('health.read') ? { onWhy: () => setTab('diagnosis') } : {})} />
        )}
        {can('pictures.control') && camera.source?.protocol === 'gb28181' && <ControlPanel id={camera.id} />}
        {can('pictures.control') && mayBeSteered(camera) && <SteerOnvif id={camera.id} />}
        {can('counts.read') && read.data.enabled && <Counted id={camera.id} />}
      </section>
      <Side camera={camera} tab={tab} onTab={setTab}>
        <AnalysisPanel editing={editing} state={read.data.state} tool={tool} chosen={chosen} onTool={setTool} onChoose={setChosen} />
        {read.data.enabled && <WhyPanel id={camera.id} />}
      </Side>
    </div>
  )
}

/** Joined by its stream's address, it may still have been found over ONVIF; the file does not say, so the device is asked when a person wants it. */
const mayBeSteered = (camera: Camera): boolean => camera.source?.protocol === 'rtsp' && !camera.demo

/** What its lines have counted in the last hours. */
function Counted({ id }: { id: string }) {
  const of = useMemo(() => ({ camera: id }), [id])
  return (
    <Panel>
      <Suspense fallback={null}>
        <SeriesChart of={of} since={null} />
      </Suspense>
    </Panel>
  )
}

interface SideProps {
  camera: Camera
  tab?: string
  onTab?: (tab: string) => void
  children?: React.ReactNode
}

function Side({ camera, tab, onTab, children }: SideProps) {
  const t = useText(cameraText)
  const d = useText(deviceText)
  const e = useText(eventsText)
  const r = useText(fileText)
  const g = useText(diagnosisText)
  const o = useText(osdText)
  const can = useCan()
  const items = [
    { key: 'facts', label: t('facts.title'), children: <CameraFacts camera={camera} /> },
    { key: 'file', label: r('tab'), children: <FilePanel camera={camera} /> },
    ...(children ? [{ key: 'analysis', label: t('tab.analysis'), children }] : []),
    ...(camera.source?.protocol === 'gb28181' && can('gather.read') ? [{ key: 'device', label: d('tab.device'), children: <DevicePanel id={camera.id} /> }] : []),
    ...(camera.source?.protocol === 'gb28181' ? [{ key: 'reported', label: d('tab.reported'), children: <ReportedPanel id={camera.id} /> }] : []),
    ...(can('cases.read') || camera.source?.protocol === 'gb28181' ? [{ key: 'events', label: e('tab.alarms'), children: <EventsPanel id={camera.id} device={camera.source?.protocol === 'gb28181'} /> }] : []),
    ...(can('pictures.view') ? [{ key: 'recognised', label: e('tab.recognised'), children: <RecognisedPanel id={camera.id} /> }] : []),
    ...(camera.source && can('health.read') ? [{ key: 'diagnosis', label: d('tab.diagnosis'), children: <DiagnosisPanel id={camera.id} /> }] : []),
    ...(can('health.read') ? [{ key: 'picture', label: g('camera.title'), children: <PicturePanel id={camera.id} name={camera.name} reachable={camera.source !== null} /> }] : []),
    ...(camera.source && can('health.read') ? [{ key: 'osd', label: o('tab'), children: <OsdPanel id={camera.id} /> }] : []),
    ...(can('health.read') ? [{ key: 'probes', label: t('tab.probes'), children: <Probes id={camera.id} /> }] : []),
    ...(can('pictures.register')
      ? [{ key: 'retrievals', label: t('tab.retrievals'), children: <RetrievalTable query={{ camera: camera.id }} compact empty={t('retrievals.none')} /> }]
      : []),
  ]
  return (
    <Panel>
      <Tabs items={items} {...(tab ? { activeKey: tab } : {})} {...(onTab ? { onChange: onTab } : {})} />
    </Panel>
  )
}
