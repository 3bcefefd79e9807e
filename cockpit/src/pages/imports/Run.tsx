import { Alert, App, Button, Progress } from 'antd'
import { Link } from 'react-router'
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
import { importsText } from './text'

const READS = ['import', 'imports', 'cameras', 'tree', 'camera-map', 'summary'] as const

/** One import from its dry run to its undoing. */
export function Run({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  return (
    <>
      <p className={css.name}>{run.name}</p>
      <Tallies run={run} />
      {isWorking(run) && <Working run={run} />}
      {run.state === 'checked' && <Verdict run={run} />}
      {run.state === 'failed' && <Alert type="error" title={t('done.failed')} />}
      {run.state === 'undone' && <Alert type="info" title={t('done.undone')} />}
      {run.bad > 0 && !isWorking(run) && <RowProblems id={run.id} />}
      <Foot run={run} />
    </>
  )
}

function Tallies({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  if (run.state === 'checking') return null
  const figures = [['rows', run.rows], ['new', run.new], ['changed', run.changed], ['unchanged', run.unchanged], ['bad', run.bad]] as const
  return (
    <dl className={css.tallies}>
      {figures.map(([name, value]) => (
        <div key={name} data-bad={(name === 'bad' && value > 0) || undefined}>
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
  const share = run.rows > 0 ? run.done / run.rows : 0
  return (
    <>
      <Progress percent={Math.round(Math.min(1, share) * 1000) / 10} status="active" format={() => (run.rows > 0 ? f.percent(share, 0) : '')} />
      <p className={css.faint}>
        {run.state === 'committing' ? t('commit.progress', { done: f.number(run.done), rows: f.number(run.good) }) : t(`state.${run.state}`)}
        {run.remaining_seconds !== null && ` · ${t('commit.remaining', { time: f.seconds(run.remaining_seconds) })}`}
        {` · ${t('commit.leave')}`}
      </p>
    </>
  )
}

function Verdict({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const f = useFormat()
  if (run.bad === 0) return <Alert type="success" title={t('check.allGood')} description={t('check.allGoodText')} />
  if (run.good === 0) return <Alert type="error" title={t('check.noneGood')} />
  return <Alert type="warning" title={t('check.someBad', { n: f.number(run.bad), good: f.number(run.good) })} />
}

function Foot({ run }: { run: ImportRun }) {
  const t = useText(importsText)
  const p = useText(partsText)
  const f = useFormat()
  const can = useCan()
  const { modal } = App.useApp()
  const act = useAct()
  const commit = () => act.run(() => call('POST', `/imports/${run.id}/commit`), READS)
  const undo = () =>
    void modal.confirm({
      title: t('undo.title', { name: run.name }),
      content: t('undo.text', { new: f.number(run.new), changed: f.number(run.changed) }),
      okText: t('undo.go'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: () => act.run(() => call('POST', `/imports/${run.id}/undo`), READS),
    })
  return (
    <>
      <ProblemNote error={act.problem} />
      <p className={css.foot}>
        <span>{run.state === 'committed' && t('done.text', { n: f.number(run.done), new: f.number(run.new), changed: f.number(run.changed) })}</span>
        {!isWorking(run) && <Link to="/cameras/import">{t('again')}</Link>}
        {can('gather.write') && run.state === 'checked' && run.good > 0 && (
          <Button type="primary" loading={act.busy} onClick={() => void commit()}>{t('commit.go', { n: f.number(run.good) })}</Button>
        )}
        {can('gather.write') && run.can_undo && <Button danger loading={act.busy} onClick={undo}>{t('undo.go')}</Button>}
      </p>
    </>
  )
}
