import { Button, Modal, Select, Table } from 'antd'
import { useState } from 'react'
import { datasetFile, makeCandidate, useDatasets, useDetectors, type Dataset } from '@/api/training'
import { useCan } from '@/app/auth'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { rememberPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { trainingText, type TrainingKey } from './text'
import css from './training.module.css'

/** Versions of datasets: what is in them, and what can be made of them. */
export function Datasets() {
  const t = useText(trainingText)
  const f = useFormat()
  const may = useCan()('training.write')
  const found = useDatasets()
  const act = useAct()
  const [measuring, setMeasuring] = useState<Dataset | null>(null)
  const [fetching, setFetching] = useState<Dataset | null>(null)
  const counts = (one: Dataset) => t('counts', { a: one.counts['train_true'] ?? 0, b: one.counts['train_false'] ?? 0, c: one.counts['held_true'] ?? 0, d: one.counts['held_false'] ?? 0 })
  return (
    <Panel flush title={t('datasets.title')}>
      <ProblemNote error={found.error ?? act.problem} onRetry={() => void found.refetch()} />
      <Table<Dataset>
        size="small" rowKey="id" pagination={false} scroll={{ x: 1080 }} loading={found.isPending && !found.error} dataSource={found.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('datasets.none')}>{t('datasets.noneText')}</Teach> }}
        columns={[
          { title: t('col.number'), key: 'number', width: 200, render: (_, one) => <><strong>{t('version', { name: one.name, n: one.number })}</strong>{one.note && <> <span className={css.faint}>{one.note}</span></>}</> },
          { title: t('col.counts'), key: 'counts', width: 220, render: (_, one) => counts(one) },
          { title: t('col.pictures'), key: 'pictures', width: 90, align: 'right', render: (_, one) => f.number(one.counts['pictures']) },
          { title: t('col.state'), key: 'state', render: (_, one) => <>{t(`state.${one.state}` as TrainingKey, { why: one.why })} {one.sha256 && <span className={css.faint}>{f.bytes(one.bytes)} · {one.sha256.slice(0, 12)}</span>}</> },
          { title: t('col.by'), key: 'by', width: 200, render: (_, one) => <span className={css.faint}>{one.by_name} · {f.dateTime(one.at)}</span> },
          {
            key: 'act', width: 330, fixed: 'right',
            render: (_, one) => may && one.state === 'ready' && (
              <>
                <Button size="small" type="primary" loading={act.busy} onClick={() => void act.run(() => makeCandidate({ kind: 'head', dataset_id: one.id, card: '' }), ['training'])}>{t('dataset.head')}</Button>{' '}
                <Button size="small" onClick={() => setMeasuring(one)}>{t('dataset.card')}</Button>{' '}
                <Button size="small" type="link" onClick={() => setFetching(one)}>{t('dataset.file')}</Button>
              </>
            ),
          },
        ]}
      />
      {measuring && <Measure of={measuring} onClose={() => setMeasuring(null)} />}
      {fetching && <Fetch of={fetching} onClose={() => setFetching(null)} />}
    </Panel>
  )
}

function Measure({ of, onClose }: { of: Dataset; onClose: () => void }) {
  const t = useText(trainingText)
  const act = useAct()
  const detectors = useDetectors(true)
  const [card, setCard] = useState<string | undefined>()
  const run = async () => {
    if (card && (await act.run(() => makeCandidate({ kind: 'card', dataset_id: of.id, card }), ['training']))) onClose()
  }
  return (
    <Modal open title={t('dataset.card')} okButtonProps={{ disabled: !card }} confirmLoading={act.busy} onOk={() => void run()} onCancel={onClose}>
      <ProblemNote error={act.problem ?? detectors.error} />
      <p className={css.faint}>{t('candidates.noneText')}</p>
      <Select
        style={{ width: '100%' }} placeholder={t('card.choose')} {...(card ? { value: card } : {})} onChange={setCard}
        options={(detectors.data?.items ?? []).map((one) => ({ value: one.name, disabled: !one.installed, label: `${one.name} · ${one.title}${one.installed ? '' : t('card.missing')}` }))}
      />
    </Modal>
  )
}

function Fetch({ of, onClose }: { of: Dataset; onClose: () => void }) {
  const t = useText(trainingText)
  const act = useAct()
  const fetch = async (purpose: ChosenPurpose) => {
    rememberPurpose(purpose)
    const done = await act.run(async () => {
      const url = URL.createObjectURL(await datasetFile(of.id, purpose))
      const link = document.createElement('a')
      link.href = url
      link.download = `${of.scene}-${of.number}.zip`
      link.click()
      URL.revokeObjectURL(url)
    }, ['retrievals'])
    if (done) onClose()
  }
  return (
    <Modal open title={t('dataset.purpose')} footer={null} onCancel={onClose} destroyOnHidden>
      <PurposeForm busy={act.busy} problem={act.problem} onChosen={(purpose) => void fetch(purpose)} />
    </Modal>
  )
}
