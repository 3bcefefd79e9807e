import { Alert, App, Button, Progress } from 'antd'
import { Link, useNavigate } from 'react-router'
import { isWorking } from '@/api/imports'
import { call } from '@/api/client'
import type { ImportRun } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './imports.module.css'
import { RowProblems } from './RowProblems'
import { writes } from './writes'
import { importsText } from './text'

const READS = ['import', 'imports', 'import-problems', 'cameras', 'tree', 'camera-map', 'summary'] as const

/** One import from its dry run to its undoing. */
export function Run({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const p = useText(partsText)
  return (
    <>
      <p className={css.name}>{run.name} <span className={css.faint}>{t(`state.${run.state}`)}</span></p>
      <Tallies run={run} />
      {isWorking(run) && <Working run={run} />}
      {run.state === 'receiving' && <Alert type="warning" title={t('receiving.text')} />}
      {run.state === 'checked' && <Verdict run={run} />}
      {run.state === 'failed' && <Alert type="error" title={run.problem?.message ?? t('done.failed')} />}
      {run.state === 'undone' && <Alert type="info" title={t('done.undone')} />}
      {run.unknown_columns.length > 0 && (
        <p className={css.faint}>{t('check.unknownColumns', { names: run.unknown_columns.join(p('list.separator')) })}</p>
      )}
      {run.refused > 0 && !isWorking(run) && <RowProblems id={run.id} />}
      <Foot run={run} />
    </>
  )
}

function Tallies({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  if (run.rows === null || run.state === 'checking') return null
  const figures = [['rows', run.rows], ['added', run.added], ['changed', run.changed], ['restored', run.restored], ['same', run.same], ['refused', run.refused]] as const
  return (
    <dl className={css.tallies}>
      {figures.map(([name, value]) => (
        <div key={name} data-bad={(name === 'refused' && value > 0) || undefined}>
          <dt>{t(`check.${name}`)}</dt>
          <dd>{f.number(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function Working({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  const words = [
    run.total === null ? t(`state.${run.state}`) : t('commit.progress', { done: f.number(run.done), rows: f.number(run.total) }),
    ...(run.remaining_seconds === null ? [] : [t('commit.remaining', { time: f.seconds(run.remaining_seconds) })]),
    t('commit.leave'),
  ]
  return (
    <>
      <Progress percent={Math.round((run.progress ?? 0) * 1000) / 10} status="active" format={() => (run.progress === null ? '' : f.percent(run.progress, 0))} />
      <p className={css.faint}>{words.join(' · ')}</p>
    </>
  )
}

function Verdict({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  const good = writes(run)
  if (good === 0) return <Alert type={run.refused > 0 ? 'error' : 'info'} title={run.refused > 0 ? t('check.noneGood') : t('check.nothing')} />
  if (run.refused === 0) return <Alert type="success" title={t('check.allGood')} description={t('check.allGoodText')} />
  return <Alert type="warning" title={t('check.someBad', { n: f.number(run.refused), good: f.number(good) })} />
}

function Foot({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  const can = useCan()
  const act = useAct()
  const ask = useUndo(run, act.run)
  const navigate = useNavigate()
  const may = can('cameras.write')
  const good = writes(run)
  const commit = () => act.run(() => call('POST', `/imports/${run.id}/commit`, { body: { skip_refused: run.refused > 0 } }), READS)
  const discard = async () => {
    if (await act.run(() => call('DELETE', `/imports/${run.id}`), ['imports'])) void navigate('/cameras/import')
  }
  return (
    <>
      <ProblemNote error={act.problem} />
      <p className={css.foot}>
        <span>{run.state === 'committed' && t('done.text', { n: f.number(good), new: f.number(run.added), changed: f.number(run.changed) })}</span>
        {!isWorking(run) && <Link to="/cameras/import">{t('again')}</Link>}
        {may && ['receiving', 'checked', 'failed'].includes(run.state) && <Button disabled={act.busy} onClick={() => void discard()}>{t('discard.go')}</Button>}
        {may && run.state === 'checked' && good > 0 && (
          <Button type="primary" loading={act.busy} onClick={() => void commit()}>{t('commit.go', { n: f.number(good) })}</Button>
        )}
        {may && run.state === 'committed' && <Button danger loading={act.busy} onClick={ask}>{t('undo.go')}</Button>}
      </p>
    </>
  )
}

function useUndo(run: ImportRun, go: ReturnType<typeof useAct>['run']) {
  const t = useText(importsText)
  const p = useText(partsText)
  const f = useFormat()
  const { modal } = App.useApp()
  return () =>
    void modal.confirm({
      title: t('undo.title', { name: run.name }),
      content: t('undo.text', { new: f.number(run.added), changed: f.number(run.changed + run.restored) }),
      okText: t('undo.go'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: () => go(() => call('POST', `/imports/${run.id}/undo`), READS),
    })
}
