import { Button, Table } from 'antd'
import { Link } from 'react-router'
import { isLively, useSyncs } from '@/api/gather'
import type { Sync } from '@/api/types'
import { useCan } from '@/app/auth'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { Findings } from './Findings'
import css from './gather.module.css'
import { RunningSyncs } from './RunningSyncs'
import { SyncProgress } from './SyncProgress'
import { SyncStateWord } from './SyncStateWord'
import { gatherText } from './text'
import { useStartSync } from './useStartSync'
import { Vanished } from './Vanished'

/** Catalogues on their way in, those that came, and the cameras that no longer came with them. */
export default function SyncPage() {
  const t = useText(gatherText)
  const trail = useTrail()
  const syncs = useSyncs({ after: trail.after, limit: 50 })
  const items = syncs.data?.items ?? []
  const running = items.filter(isLively)
  return (
    <div className={css.page}>
      <PageHead title={t('sync.title')} note={t('sync.note')} />
      <CamerasNav />
      <div className={css.stack}>
        <ProblemNote error={syncs.error} onRetry={() => void syncs.refetch()} />
        {running.length > 0 && <RunningSyncs syncs={running} />}
        <Panel title={t('sync.history')} flush>
          <History syncs={items.filter((sync) => !isLively(sync))} loading={syncs.isPending && !syncs.error} />
          <Pager trail={trail} next={syncs.data?.next} />
        </Panel>
        <Vanished />
      </div>
    </div>
  )
}

function History({ syncs, loading }: { syncs: Sync[]; loading: boolean }) {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const { start, note } = useStartSync()
  const took = (sync: Sync) =>
    sync.started_at && sync.finished_at ? (Date.parse(sync.finished_at) - Date.parse(sync.started_at)) / 1000 : null
  return (
    <>
      {note}
      <Table<Sync>
        size="small"
        rowKey="id"
        dataSource={syncs}
        loading={loading}
        pagination={false}
        scroll={{ x: 1080 }}
        expandable={{
          rowExpandable: (sync) => sync.findings.length > 0,
          expandedRowRender: (sync) => <Findings sync={sync} />,
        }}
        locale={{ emptyText: <Teach title={t('sync.emptyTitle')} action={<Link to="/cameras/access">{t('sync.toAccess')}</Link>}>{t('sync.emptyText')}</Teach> }}
        columns={[
          { title: t('sync.state'), key: 'state', width: 110, render: (_, sync) => <SyncStateWord step={sync.step} /> },
          {
            title: t('sync.device'),
            key: 'device',
            render: (_, sync) => <><Link to={`/cameras/access?device=${sync.device_id}`}>{sync.device_name}</Link><span className={`${css.sub} ${css.mono}`}>{sync.device_code}</span></>,
          },
          { title: t('sync.progress'), key: 'progress', width: 170, render: (_, sync) => <SyncProgress sync={sync} /> },
          { title: t('sync.added'), key: 'added', width: 84, align: 'right', render: (_, sync) => f.number(sync.added) },
          { title: t('sync.changed'), key: 'changed', width: 84, align: 'right', render: (_, sync) => f.number(sync.changed) },
          { title: t('sync.vanished'), key: 'vanished', width: 84, align: 'right', render: (_, sync) => f.number(sync.vanished) },
          { title: t('sync.findings'), key: 'findings', width: 84, align: 'right', render: (_, sync) => f.number(sync.findings.length) },
          { title: t('sync.started'), key: 'started', width: 160, render: (_, sync) => f.dateTime(sync.started_at ?? sync.asked_at) },
          { title: t('sync.took'), key: 'took', width: 100, align: 'right', render: (_, sync) => f.seconds(took(sync)) },
          ...(can('gather.write')
            ? [{
                title: '',
                key: 'again',
                width: 110,
                render: (_: unknown, sync: Sync) => (
                  <Button size="small" onClick={() => void start({ id: sync.device_id, name: sync.device_name, code: sync.device_code })}>{t('sync.again')}</Button>
                ),
              }]
            : []),
        ]}
      />
    </>
  )
}
