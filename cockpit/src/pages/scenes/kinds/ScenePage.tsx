import { ArrowLeftOutlined } from '@ant-design/icons'
import { Table } from 'antd'
import { useNavigate, useParams } from 'react-router'
import { Link } from 'react-router'
import { useScene, type Scene } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useLanguage, useText } from '@/text/language'
import page from '../scenes.module.css'
import { ScenesNav } from '../ScenesNav'
import { CameraPick } from './CameraPick'
import css from './kinds.module.css'
import { Measured } from './Measured'
import { Needs } from './Needs'
import { kindsText } from './text'
import { Uses } from './Uses'
import { areaWord, unitWord } from './words'

/** One scene, rendered from its card: what the engine obeys is what people read. */
export default function ScenePage() {
  const { code = '' } = useParams()
  const t = useText(kindsText)
  const read = useScene(code)
  return (
    <div className={page.page}>
      <ScenesNav />
      <Link to="/scenes" className={css.back}><ArrowLeftOutlined aria-hidden /> {t('back')}</Link>
      <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
      {read.data && <Known scene={read.data} />}
    </div>
  )
}

function Known({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const pick = useBilingual()
  const { language } = useLanguage()
  const navigate = useNavigate()
  const may = useCan()('analysis.write')
  return (
    <div className={css.stack}>
      <PageHead title={pick(scene.name)} note={`${areaWord(language, scene.area)} · ${t('package', { package: scene.package })}`}>
        {may && <span>{t('tune')} <CameraPick onChange={(id) => void navigate(`/scenes/tune/${id}?scene=${scene.code}`)} /></span>}
      </PageHead>
      <Panel>
        <p>{pick(scene.what)}</p>
        <Needs scene={scene} />
      </Panel>
      <div className={css.two}>
        <Panel title={t('accuracy')}>
          {scene.accuracy.length === 0 && <Measured accuracy={undefined} />}
          {scene.accuracy.map((one) => (
            <div key={one.footage.en} className={css.once}>
              <Measured accuracy={one} />
              <p className={css.faint}>{pick(one.footage)}</p>
            </div>
          ))}
        </Panel>
        <Panel title={t('limits')}>
          {scene.limits.length === 0 ? <p className={css.unmeasured}>{t('limits.none')}</p> : <ul className={css.limits}>{scene.limits.map((one) => <li key={one.en}>{pick(one)}</li>)}</ul>}
        </Panel>
      </div>
      <div className={css.two}>
        <Panel flush title={t('measures')}><Measures scene={scene} /></Panel>
        <Panel flush title={t('incidents')}><Incidents scene={scene} /></Panel>
      </div>
      <Panel flush title={t('parameters')}><Parameters scene={scene} /></Panel>
      <Panel flush title={t('uses')}><Uses code={scene.code} /></Panel>
    </div>
  )
}

function Parameters({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const f = useFormat()
  const pick = useBilingual()
  const { language } = useLanguage()
  const number = (value: number) => f.number(value, Number.isInteger(value) ? 0 : 2)
  return (
    <Table
      size="small" pagination={false} rowKey="code" dataSource={scene.parameters}
      columns={[
        { title: t('parameters.name'), render: (_, one) => pick(one.name) },
        { title: t('parameters.default'), render: (_, one) => `${number(one.default)} ${unitWord(language, one.unit)}` },
        { title: t('parameters.range'), render: (_, one) => `${number(one.least)} – ${number(one.most)}` },
        { title: t('parameters.tuned'), render: (_, one) => t(one.tuned ? 'parameters.tunedYes' : 'parameters.tunedNo') },
      ]}
    />
  )
}

function Measures({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const pick = useBilingual()
  const { language } = useLanguage()
  return (
    <Table
      size="small" pagination={false} rowKey="code" dataSource={scene.measures} locale={{ emptyText: t('measures.none') }}
      columns={[
        { title: t('measures.name'), render: (_, one) => pick(one.name) },
        { title: t('measures.unit'), render: (_, one) => unitWord(language, one.unit) },
        { title: t('measures.fold'), render: (_, one) => t(`fold.${one.fold}`) },
        { title: t('measures.definition'), render: (_, one) => <span className={css.faint}>{pick(one.definition)}</span> },
      ]}
    />
  )
}

function Incidents({ scene }: { scene: Scene }) {
  const t = useText(kindsText)
  const pick = useBilingual()
  return (
    <Table
      size="small" pagination={false} rowKey="code" dataSource={scene.incidents} locale={{ emptyText: t('incidents.none') }}
      columns={[
        { title: t('incidents.name'), render: (_, one) => pick(one.name) },
        { title: t('incidents.severity'), render: (_, one) => t('severity', { n: one.severity }) },
      ]}
    />
  )
}
