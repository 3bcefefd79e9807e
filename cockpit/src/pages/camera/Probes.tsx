import { Table } from 'antd'
import { useProbes } from '@/api/queries'
import type { Health, Probe } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { cameraText } from './text'

const stateOf = (probe: Probe): Health => (probe.first_frame ? 'works' : probe.answered || probe.reachable ? 'bad' : 'offline')

/** The last checks of a camera, newest first, each with the reason in words when it failed. */
export function Probes({ id }: { id: string }) {
  const t = useText(cameraText)
  const f = useFormat()
  const probes = useProbes(id)
  const words = { works: t('probes.ok'), bad: t('probes.bad'), offline: t('probes.off'), unknown: '' }
  return (
    <>
      <ProblemNote error={probes.error} />
      <Table<Probe>
        size="small"
        rowKey="at"
        loading={probes.isPending && !probes.error}
        dataSource={probes.data?.items ?? []}
        pagination={false}
        scroll={{ x: 560 }}
        locale={{ emptyText: <Teach title={t('probes.none')}>{t('probes.teach')}</Teach> }}
        columns={[
          { title: t('probes.at'), key: 'at', width: 160, render: (_, probe) => f.dateTime(probe.at) },
          { title: t('probes.result'), key: 'result', render: (_, probe) => <><HealthMark health={stateOf(probe)} /> {words[stateOf(probe)]}</> },
          { title: t('probes.took'), key: 'took', width: 90, align: 'right', render: (_, probe) => f.seconds(probe.milliseconds === null ? null : probe.milliseconds / 1000) },
          { title: t('probes.codec'), key: 'codec', width: 130, render: (_, probe) => [probe.codec, probe.width && probe.height ? `${probe.width}×${probe.height}` : null].filter(Boolean).join(' ') },
          { title: t('probes.error'), key: 'error', render: (_, probe) => probe.error },
        ]}
      />
    </>
  )
}
