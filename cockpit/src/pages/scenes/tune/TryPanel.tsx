import { Button, Progress, Select, Table } from 'antd'
import { useState } from 'react'
import { ended, type Scene, type SceneTry } from '@/api/scenes'
import { unitWord } from '@/pages/scenes/kinds/words'
import { className } from '@/parts/names'
import { Figure } from '@/parts/Figure'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useFormat } from '@/text/format'
import { useBilingual, useLanguage, useText } from '@/text/language'
import type { TuneDraft } from './draft'
import { tuneText } from './text'
import css from './tune.module.css'

const SECONDS = [10, 20, 40, 90] as const

interface Props {
  scene: Scene
  draft: TuneDraft
  running: SceneTry | undefined
  busy: boolean
  problem: unknown
  /** Why nothing can be tried yet. */
  lack: string | null
  onTry: (seconds: number) => void
  onStop: () => void
  onClear: () => void
}

/** Trying a setup on live pictures, and what it saw. */
export function TryPanel({ scene, draft, running, busy, problem, lack, onTry, onStop, onClear }: Props) {
  const t = useText(tuneText)
  const f = useFormat()
  const [seconds, setSeconds] = useState<number>(20)
  const on = running !== undefined && !ended(running)
  const result = running?.result
  const said = { s: f.number(result?.watched ?? 0), looks: f.number(result?.looks ?? 0) }
  return (
    <Panel
      title={t('try')}
      actions={
        <>
          <Select size="small" aria-label={t('try')} value={seconds} disabled={on} options={SECONDS.map((n) => ({ value: n, label: t('try.seconds', { n }) }))} onChange={setSeconds} />
          {on ? <Button size="small" onClick={onStop}>{t('try.stop')}</Button> : <Button size="small" type="primary" loading={busy} disabled={lack !== null} onClick={() => onTry(seconds)}>{t('try')}</Button>}
          {running && !on && <Button size="small" onClick={onClear}>{t('try.clear')}</Button>}
        </>
      }
    >
      <div className={css.stackSmall}>
        <ProblemNote error={problem} />
        {lack !== null && !on && <p className={css.hint}>{lack}</p>}
        {on && <Progress percent={Math.round(Math.min(1, (result?.watched ?? 0) / running.seconds) * 100)} size="small" />}
        <p role="status" className={css.hint}>
          {!running && t('try.note')}
          {running && on && (result?.looks ? t('try.running', said) : t('try.queued'))}
          {running?.state === 'done' && t('try.done', said)}
          {running?.state === 'stopped' && t('try.stopped')}
          {running?.state === 'failed' && t('try.failed', { words: running.words ?? running.code ?? '' })}
          {on && result?.afoot && ` · ${t('try.afoot')}`}
        </p>
        {result?.looks ? <Seen scene={scene} draft={draft} result={result} /> : null}
      </div>
    </Panel>
  )
}

function Seen({ scene, draft, result }: { scene: Scene; draft: TuneDraft; result: SceneTry['result'] }) {
  const t = useText(tuneText)
  const p = useText(partsText)
  const f = useFormat()
  const pick = useBilingual()
  const { language } = useLanguage()
  const where = (target: string) => [...draft.zones, ...draft.lines, ...draft.scenes].find((one) => one.id === target)?.name ?? target
  const measure = (code: string) => scene.measures.find((one) => one.code === code)
  const value = (n: number) => f.number(n, Number.isInteger(n) ? 0 : 2)
  const cost = result.cost && result.cost.decoding + result.cost.looking
  return (
    <>
      {cost != null && <Figure name={t('try.cost')} value={t('try.costValue', { n: f.number(cost, 2) })} basis={{ definition: t('try.costHow') }} />}
      <Table
        size="small" pagination={false} rowKey={(one) => `${one.target} ${one.measure} ${one.kind}`} dataSource={result.figures ?? []} locale={{ emptyText: t('try.noFigures') }} scroll={{ y: 260 }}
        columns={[
          { title: t('try.figure'), render: (_, one) => { const told = measure(one.measure); return told ? pick(told.name) : one.measure } },
          { title: t('try.where'), render: (_, one) => where(one.target) },
          { title: t('try.kind'), render: (_, one) => className(p, one.kind) },
          { title: t('try.value'), render: (_, one) => `${value(one.value)} ${unitWord(language, measure(one.measure)?.unit ?? '')}` },
          { title: t('try.last'), render: (_, one) => value(one.last) },
        ]}
      />
      <ul className={css.sightings}>
        {(result.sightings ?? []).length === 0 && <li className={css.hint}>{t('try.noSightings')}</li>}
        {(result.sightings ?? []).map((one) => {
          const kind = scene.incidents.find((each) => each.code === one.incident)
          return (
            <li key={`${one.incident} ${one.key}`}>
              <strong>{kind ? pick(kind.name) : one.incident}</strong> {t(`try.phase.${one.phase}`)} · {where(one.target)} · {f.time(one.began_at, true)} · {t('try.score', { score: f.number(one.score, 2) })}
            </li>
          )
        })}
      </ul>
    </>
  )
}
