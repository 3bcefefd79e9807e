import { Button, Switch, Tabs } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { Answer } from '@/api/client'
import { ended, useGround, type Scene } from '@/api/scenes'
import type { Analysis, Camera } from '@/api/types'
import { useCan } from '@/app/auth'
import { ShapeCanvas, type Tool } from '@/pages/camera/ShapeCanvas'
import { LivePlayer } from '@/parts/live/LivePlayer'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useSettled } from '@/parts/useSettled'
import { useBilingual, useText } from '@/text/language'
import { redraw } from './draft'
import { GroundCanvas } from './GroundCanvas'
import { GroundPanel } from './GroundPanel'
import { SetupsPanel } from './SetupsPanel'
import { ShapesPanel } from './ShapesPanel'
import { tuneText } from './text'
import css from './tune.module.css'
import { TryOverlay } from './TryOverlay'
import { TryPanel } from './TryPanel'
import { useTrying } from './useTrying'
import { useTune, type Tuning } from './useTune'

const REST = 500

type Tab = 'setups' | 'shapes' | 'ground'

/** Picture and settings share one draft: what is drawn on the one is listed in the other. */
export function Tune({ camera, read, scenes }: { camera: Camera; read: Answer<Analysis>; scenes: readonly Scene[] }) {
  const t = useText(tuneText)
  const pick = useBilingual()
  const can = useCan()
  const [search] = useSearchParams()
  const tuning = useTune(camera.id, read)
  const { draft, setDraft } = tuning
  const may = can('analysis.write')
  const [tab, setTab] = useState<Tab>('setups')
  const [tool, setTool] = useState<Tool>('edit')
  const [shape, setShape] = useState<string | null>(null)
  const [chosen, setChosen] = useState<string | null>(() => {
    const scene = search.get('scene')
    return search.get('setup') ?? draft.scenes.find((one) => one.scene === scene)?.id ?? draft.scenes[0]?.id ?? null
  })
  const [point, setPoint] = useState<number | null>(null)
  const [adding, setAdding] = useState(false)
  const [grid, setGrid] = useState(true)
  // While metres are being typed the points do not make a ground yet.
  const way = useGround(useSettled(draft.ground, REST))
  const trying = useTrying(camera.id, draft)
  const setup = draft.scenes.find((one) => one.id === chosen)
  const scene = scenes.find((one) => one.code === setup?.scene)
  const incident = (code: string) => {
    const kind = scenes.flatMap((one) => one.incidents).find((one) => one.code === code)
    return kind ? pick(kind.name) : code
  }
  const grounded = draft.ground.length >= 4 && way.error === null
  const canvas = tab === 'ground' ? (
    <GroundCanvas draft={draft} way={grid && grounded ? way.data : undefined} adding={adding && may} chosen={point} onDraft={may ? setDraft : () => undefined} onChoose={setPoint} />
  ) : (
    <ShapeCanvas
      draft={draft} tool={may ? tool : 'edit'} chosen={shape} onTool={setTool} onChoose={setShape}
      onDraft={(drawn) => may && setDraft(redraw(draft, drawn, tab === 'setups' && setup?.source === null ? setup.id : null))}
    />
  )
  const panels = [
    { key: 'setups', label: t('tab.setups'), children: <SetupsPanel draft={draft} scenes={scenes} chosen={chosen} disabled={!may} onDraft={setDraft} onChoose={setChosen} onTool={setTool} /> },
    { key: 'shapes', label: t('tab.shapes'), children: <ShapesPanel draft={draft} tool={tool} chosen={shape} disabled={!may} onDraft={setDraft} onTool={setTool} onChoose={setShape} /> },
    {
      key: 'ground',
      label: t('tab.ground'),
      children: <GroundPanel draft={draft} way={way.data} problem={way.error} disabled={!may} adding={adding} grid={grid} chosen={point} onDraft={setDraft} onAdding={setAdding} onGrid={setGrid} onChoose={setPoint} />,
    },
  ]
  return (
    <div className={css.columns}>
      <section className={css.picture}>
        {!camera.source && <Teach title={t('noSource')} />}
        {camera.source && !can('pictures.view') && <Teach title={t('noRight')} />}
        {camera.source && can('pictures.view') && (
          <LivePlayer cameraId={camera.id} cameraName={camera.name} overlay={<>{canvas}{trying.running && !ended(trying.running) && <TryOverlay result={trying.running.result} incident={incident} />}</>} />
        )}
        {may && setup && scene && camera.source && can('pictures.view') && (
          <TryPanel scene={scene} draft={draft} running={trying.running} busy={trying.busy} problem={trying.problem} lack={trying.lack} onTry={(seconds) => void trying.start(setup, seconds)} onStop={() => void trying.stop()} onClear={trying.clear} />
        )}
      </section>
      <Panel>
        {!may && <p className={css.hint}>{t('noWrite')}</p>}
        <label className={css.switch}>
          <Switch disabled={!may} checked={draft.enabled} onChange={(enabled) => setDraft({ ...draft, enabled })} /> {t('enabled')}
          {read.data.enabled_by && <span className={css.hint}>{t('enabledBy', { source: read.data.enabled_by })}</span>}
        </label>
        <Tabs
          activeKey={tab} items={panels}
          onChange={(next) => {
            setTab(next as Tab)
            setTool('edit')
            setAdding(false)
          }}
        />
        {may && <Foot tuning={tuning} />}
      </Panel>
    </div>
  )
}

function Foot({ tuning }: { tuning: Tuning }) {
  const t = useText(tuneText)
  const { changed, busy, problem, conflict, undoable } = tuning
  const [said, setSaid] = useState<'saved' | 'undone' | null>(null)
  const save = async () => setSaid((await tuning.save()) ? 'saved' : null)
  const undo = async () => setSaid((await tuning.undo()) ? 'undone' : null)
  return (
    <div className={css.foot}>
      {conflict ? <p className={css.warn}>{t('conflict')} <Button size="small" onClick={() => void tuning.reread()}>{t('reread')}</Button></p> : <ProblemNote error={problem} />}
      <div className={css.bar} role="status">
        {changed ? <span className={css.hint}>{t('changed')}</span> : said && <span className={css.hint}>{t(said)}</span>}
        {undoable && <Button type="link" size="small" loading={busy} onClick={() => void undo()}>{t('undo')}</Button>}
        <span className={css.push} />
        <Button disabled={!changed || busy} onClick={tuning.discard}>{t('discard')}</Button>
        <Button type="primary" disabled={!changed} loading={busy} onClick={() => void save()}>{t('save')}</Button>
      </div>
    </div>
  )
}
