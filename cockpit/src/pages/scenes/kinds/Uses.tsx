import { Table } from 'antd'
import { Link } from 'react-router'
import { useSceneUses, type SceneUse } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useText } from '@/text/language'
import { kindsText } from './text'

/** The cameras a scene is set up on. */
export function Uses({ code }: { code: string }) {
  const t = useText(kindsText)
  const may = useCan()('analysis.write')
  const trail = useTrail()
  const read = useSceneUses(code, trail.after)
  const state = (use: SceneUse) => t(use.running ? 'uses.running' : use.enabled ? 'uses.on' : 'uses.off')
  if (read.error) return <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
  if (read.data?.items.length === 0 && !trail.after) return <Teach title={t('uses.none')}>{t('uses.teach')}</Teach>
  return (
    <>
      <Table
        size="small" pagination={false} loading={read.isLoading} rowKey={(use) => `${use.camera_id} ${use.setup}`} dataSource={read.data?.items ?? []}
        columns={[
          { title: t('uses.camera'), render: (_, use) => <Link to={may ? `/scenes/tune/${use.camera_id}?setup=${use.setup}` : `/cameras/${use.camera_id}`}>{use.camera_name}</Link> },
          { title: t('uses.region'), dataIndex: 'region' },
          { title: t('uses.setup'), render: (_, use) => [use.name, use.source && t('uses.source', { source: use.source })].filter(Boolean).join(' · ') },
          { title: t('uses.state'), render: (_, use) => state(use) },
        ]}
      />
      <Pager trail={trail} next={read.data?.next} />
    </>
  )
}
