import { Table } from 'antd'
import { Link } from 'react-router'
import { useUpperStreams, type UpperStream } from '@/api/shares'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './shares.module.css'
import { sharesText } from './text'

/** What an upper platform takes now. */
export function Streams({ upper }: { upper: string }) {
  const t = useText(sharesText)
  const f = useFormat()
  const streams = useUpperStreams(upper)
  return (
    <>
      <ProblemNote error={streams.error} onRetry={() => void streams.refetch()} />
      <Table<UpperStream>
        size="small"
        rowKey={(one) => `${one.code} ${one.since}`}
        dataSource={streams.data?.items ?? []}
        loading={streams.isPending && !streams.error}
        pagination={false}
        locale={{ emptyText: t('stream.empty') }}
        columns={[
          { title: t('stream.camera'), key: 'camera', render: (_, one) => <><Link to={`/cameras/${one.camera_id}`}>{one.camera_name}</Link><span className={`${css.sub} ${css.mono}`}>{one.code}</span></> },
          { title: t('stream.action'), key: 'action', width: 90, render: (_, one) => t(`right.${one.action}`) },
          { title: t('stream.since'), key: 'since', width: 150, render: (_, one) => f.ago(one.since) },
          { title: t('stream.kbits'), key: 'kbits', width: 120, align: 'right', render: (_, one) => (one.kbits === null ? f.number(null) : t('fact.kbitsValue', { n: f.number(one.kbits) })) },
        ]}
      />
    </>
  )
}
