import { Button, Popconfirm, Table } from 'antd'
import { undoChange, usePackChanges, type PackChange } from '@/api/packs'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { packsText } from './text'

/** Packs that were laid on cameras, each of which can be taken back. */
export function Changes() {
  const t = useText(packsText)
  const f = useFormat()
  const may = useCan()('analysis.write')
  const act = useAct()
  const trail = useTrail()
  const read = usePackChanges(trail.after)
  const state = (one: PackChange) =>
    one.undone_at
      ? [t('changes.undone', { by: one.undone_by_name ?? '', at: f.dateTime(one.undone_at) }), one.kept > 0 && t('changes.kept', { n: one.kept })].filter(Boolean).join(' · ')
      : may && (
          <Popconfirm title={t('changes.ask')} okText={t('changes.undo')} cancelText={t('cancel')} onConfirm={() => void act.run(() => undoChange(one.id), ['pack-changes', 'scenes', 'scene-uses', 'analysis'])}>
            <Button size="small" loading={act.busy}>{t('changes.undo')}</Button>
          </Popconfirm>
        )
  return (
    <Panel flush title={t('changes')}>
      <ProblemNote error={read.error ?? act.problem} onRetry={() => void read.refetch()} />
      <Table
        size="small" pagination={false} rowKey="id" loading={read.isLoading} dataSource={read.data?.items ?? []} locale={{ emptyText: t('changes.none') }}
        columns={[
          { title: t('changes.at'), render: (_, one) => f.dateTime(one.at) },
          { title: t('changes.by'), dataIndex: 'by_name' },
          { title: t('changes.pack'), render: (_, one) => `${one.pack_name} (${one.pack_sha256.slice(0, 12)})` },
          { title: t('changes.cameras'), render: (_, one) => f.number(one.cameras) },
          { title: t('changes.state'), render: (_, one) => state(one) },
        ]}
      />
      <Pager trail={trail} next={read.data?.next} />
    </Panel>
  )
}
