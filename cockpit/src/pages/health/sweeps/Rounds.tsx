import { Table } from 'antd'
import { useRounds, type Round } from '@/api/sweeps'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { percentOf } from './causes'
import { sweepsText } from './text'

/** The last rounds of all kinds; choosing one shows its progress above. */
export function Rounds({ chosen, onChoose }: { chosen: string | null; onChoose: (id: string) => void }) {
  const t = useText(sweepsText)
  const f = useFormat()
  const rounds = useRounds(20)
  const what = (one: Round) => (one.kind === 'recheck' && one.title ? t('recheck.order', { number: one.title }) : one.title)
  const took = (one: Round) => (one.finished_at === null ? t('rounds.running') : f.seconds((Date.parse(one.finished_at) - Date.parse(one.started_at)) / 1000))
  return (
    <>
      <ProblemNote error={rounds.error} />
      <Table<Round>
        size="small"
        rowKey="id"
        loading={rounds.isPending && !rounds.error}
        dataSource={rounds.data?.items ?? []}
        pagination={false}
        scroll={{ x: 620 }}
        locale={{ emptyText: <Teach title={t('rounds.none')}>{t('now.teach')}</Teach> }}
        rowSelection={{ type: 'radio', selectedRowKeys: chosen === null ? [] : [chosen], onSelect: (one) => onChoose(one.id) }}
        columns={[
          { title: t('rounds.kind'), key: 'kind', width: 100, render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('rounds.what'), key: 'what', render: (_, one) => what(one) },
          { title: t('rounds.started'), key: 'started', width: 160, render: (_, one) => f.dateTime(one.started_at) },
          { title: t('rounds.took'), key: 'took', width: 100, align: 'right', render: (_, one) => took(one) },
          { title: t('rounds.cameras'), key: 'cameras', width: 90, align: 'right', render: (_, one) => f.number(one.cameras) },
          { title: t('rounds.progress'), key: 'progress', width: 80, align: 'right', render: (_, one) => `${percentOf(one.done, one.cameras)}%` },
        ]}
      />
    </>
  )
}
