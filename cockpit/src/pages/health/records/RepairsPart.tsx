import { App, Button, Progress, Table, Tag } from 'antd'
import { Link } from 'react-router'
import { READS, undoRepairs, useBatches, useBatchItems, type Batch, type BatchItem } from '@/api/records'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './records.module.css'
import { recordsText } from './text'
import { useFieldName } from './words'

/** Every batch that was applied, how far it is, and its undo. */
export function RepairsPart() {
  const t = useText(recordsText)
  const f = useFormat()
  const may = useCan()('cameras.write')
  const { modal } = App.useApp()
  const act = useAct()
  const trail = useTrail()
  const batches = useBatches(trail.after)
  const items = batches.data?.items
  const undo = (batch: Batch) => modal.confirm({
    title: t('repairs.undoTitle'),
    content: t('repairs.undoText', { n: f.number(batch.applied) }),
    okText: t('repairs.undo'),
    onOk: () => { void act.run(() => undoRepairs(batch.id), READS) },
  })
  return (
    <Panel>
      <ProblemNote error={act.problem ?? batches.error} onRetry={() => void batches.refetch()} />
      {items?.length === 0 && <Teach title={t('repairs.none')}>{t('repairs.teach')}</Teach>}
      {items !== undefined && items.length > 0 && (
        <Table<Batch>
          size="small" rowKey="id" dataSource={items} pagination={false} scroll={{ x: 'max-content' }}
          expandable={{ expandedRowRender: (row) => <Items id={row.id} state={row.state} /> }}
          columns={[
            { key: 'at', title: t('repairs.at'), render: (_, row) => f.dateTime(row.made_at) },
            { key: 'by', title: t('repairs.by'), render: (_, row) => row.by },
            { key: 'why', title: t('repairs.why'), render: (_, row) => row.why },
            { key: 'state', title: t('repairs.state'), render: (_, row) => (row.state === 'applying' || row.state === 'undoing' ? <Progress className={css.progress ?? ''} size="small" percent={Math.floor(row.progress * 100)} /> : t(`state.${row.state}`)) },
            {
              key: 'total', title: t('repairs.total'),
              render: (_, row) => <>{f.number(row.applied)} / {f.number(row.total)} {row.conflicts > 0 && <Tag color="warning">{t('repairs.left', { n: f.number(row.conflicts) })}</Tag>}{row.kept > 0 && <Tag color="warning">{t('repairs.kept', { n: f.number(row.kept) })}</Tag>}</>,
            },
            { key: 'undo', render: (_, row) => may && row.state === 'applied' && row.applied > 0 && <Button size="small" onClick={() => { void undo(row) }}>{t('repairs.undo')}</Button> },
          ]}
        />
      )}
      <Pager trail={trail} next={batches.data?.next} />
    </Panel>
  )
}

function Items({ id, state }: { id: string; state: Batch['state'] }) {
  const t = useText(recordsText)
  const name = useFieldName()
  const trail = useTrail()
  const items = useBatchItems(id, { after: trail.after, limit: 20, state })
  return (
    <>
      <ProblemNote error={items.error} onRetry={() => void items.refetch()} />
      <Table<BatchItem>
        size="small" rowKey={(row) => `${row.camera.id} ${row.field}`} dataSource={items.data?.items ?? []} pagination={false} loading={items.isLoading}
        columns={[
          { key: 'camera', title: t('findings.camera'), render: (_, row) => <Link to={`/cameras/${row.camera.id}`}>{row.camera.name}</Link> },
          { key: 'field', title: t('findings.field'), render: (_, row) => name(row.field) },
          { key: 'was', title: t('proposals.was'), render: (_, row) => <span className={css.was}>{row.was || t('proposals.empty')}</span> },
          { key: 'becomes', title: t('proposals.becomes'), render: (_, row) => <span className={css.becomes}>{row.field === 'archived' ? t('proposals.archived') : row.becomes}</span> },
          { key: 'outcome', title: t('repairs.state'), render: (_, row) => t(`outcome.${row.outcome}`) },
        ]}
      />
      <Pager trail={trail} next={items.data?.next} />
    </>
  )
}
