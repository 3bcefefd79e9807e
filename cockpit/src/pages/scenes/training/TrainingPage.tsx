import { Button, Input, Modal, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { makeDataset, useTally, type Tally } from '@/api/training'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ScenesNav } from '../ScenesNav'
import { Candidates, History } from './Candidates'
import { Datasets } from './Datasets'
import { trainingText } from './text'
import css from './training.module.css'

/** From labels to what runs: samples, versions, candidates, promotion and roll-back. */
export default function TrainingPage() {
  const t = useText(trainingText)
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')} />
      <ScenesNav />
      <div className={css.stack}>
        <Samples />
        <Datasets />
        <Candidates />
        <History />
      </div>
    </div>
  )
}

function Samples() {
  const t = useText(trainingText)
  const f = useFormat()
  const may = useCan()('training.write')
  const found = useTally()
  const [making, setMaking] = useState<Tally | null>(null)
  const few = (one: Tally) => Math.min(one.real, one.false_alarms) < 2 * one.least
  return (
    <Panel flush title={t('samples.title')}>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<Tally>
        size="small" rowKey="scene" pagination={false} loading={found.isPending && !found.error} dataSource={found.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('samples.none')} action={<Link to="/cases/incidents">{t('samples.link')}</Link>}>{t('samples.noneText')}</Teach> }}
        columns={[
          { title: t('col.scene'), key: 'name', render: (_, one) => <><strong>{one.name}</strong> {few(one) && <span className={css.faint}>{t('samples.few', { n: one.least })}</span>}</> },
          { title: t('col.real'), key: 'real', width: 100, align: 'right', render: (_, one) => <Link to={`/cases/incidents?scene=${one.scene}&label=true`}>{f.number(one.real)}</Link> },
          { title: t('col.false'), key: 'false', width: 100, align: 'right', render: (_, one) => <Link to={`/cases/incidents?scene=${one.scene}&label=false`}>{f.number(one.false_alarms)}</Link> },
          { title: t('col.pictures'), key: 'pictures', width: 110, align: 'right', render: (_, one) => f.number(one.pictures) },
          { title: t('col.latest'), key: 'latest', width: 190, render: (_, one) => f.dateTime(one.latest) },
          ...(may ? [{ key: 'make', width: 170, render: (_: unknown, one: Tally) => <Button size="small" onClick={() => setMaking(one)}>{t('samples.make')}</Button> }] : []),
        ]}
      />
      {making && <Make of={making} onClose={() => setMaking(null)} />}
    </Panel>
  )
}

function Make({ of, onClose }: { of: Tally; onClose: () => void }) {
  const t = useText(trainingText)
  const act = useAct()
  const [note, setNote] = useState('')
  const run = async () => {
    if (await act.run(() => makeDataset(of.scene, note.trim()), ['training'])) onClose()
  }
  return (
    <Modal open title={`${of.name} · ${t('samples.make')}`} confirmLoading={act.busy} onOk={() => void run()} onCancel={onClose}>
      <div className={css.form}>
        <ProblemNote error={act.problem} />
        <p className={css.faint}>{t('datasets.noneText')}</p>
        <label>{t('note.label')}<Input maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} /></label>
      </div>
    </Modal>
  )
}
