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
  const flow = (probe: Probe) =>
    [
      probe.stream && t(`probes.${probe.stream}`),
      probe.fps == null ? null : t('probes.fps', { fps: f.number(probe.fps, 1) }),
      probe.kbps == null ? null : `${f.number(probe.kbps)} kbit/s`,
    ].filter(Boolean).join(' · ')
  const steps = (probe: Probe) => {
    const taken = [probe.connect_ms, probe.answer_ms, probe.first_frame_ms]
    return taken.every((one) => one == null) ? null : `${taken.map((one) => f.number(one)).join(' / ')} ms`
  }
  return (
    <>
      <ProblemNote error={probes.error} />
      <Table<Probe>
        size="small"
        rowKey="at"
        loading={probes.isPending && !probes.error}
        dataSource={probes.data?.items ?? []}
        pagination={false}
        scroll={{ x: 980 }}
        locale={{ emptyText: <Teach title={t('probes.none')}>{t('probes.teach')}</Teach> }}
        columns={[
          { title: t('probes.at'), key: 'at', width: 160, render: (_, probe) => f.dateTime(probe.at) },
          { title: t('probes.result'), key: 'result', render: (_, probe) => <><HealthMark health={stateOf(probe)} /> {words[stateOf(probe)]}</> },
          { title: t('probes.took'), key: 'took', width: 90, align: 'right', render: (_, probe) => f.seconds(probe.milliseconds === null ? null : probe.milliseconds / 1000) },
          { title: t('probes.codec'), key: 'codec', width: 130, render: (_, probe) => [probe.codec, probe.width && probe.height ? `${probe.width}×${probe.height}` : null].filter(Boolean).join(' ') },
          { title: t('probes.flow'), key: 'flow', width: 190, render: (_, probe) => flow(probe) },
          { title: t('probes.keyframes'), key: 'keyframes', width: 100, align: 'right', render: (_, probe) => (probe.keyframe_seconds == null ? null : `${f.number(probe.keyframe_seconds, 1)} s`) },
          { title: t('probes.steps'), key: 'steps', width: 180, align: 'right', render: (_, probe) => steps(probe) },
          { title: t('probes.clock'), key: 'clock', width: 90, align: 'right', render: (_, probe) => (probe.clock_difference == null ? null : `${f.number(probe.clock_difference, 0)} s`) },
          { title: t('probes.error'), key: 'error', render: (_, probe) => probe.error },
        ]}
      />
    </>
  )
}
