import { Segmented, Table, Tooltip } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useFeedbackCounts, useFeedbackProblems, useFeedbackRows, useFeedbackWords, type Feedback, type FeedbackProblem, type FeedbackRow } from '@/api/feedbacks'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from '../told.module.css'
import { assessmentText, type AssessmentKey } from './text'

const ALL = ''

/** Each row: what they say, what we say, and why the two agree or differ. */
export function Rows({ held }: { held: Feedback }) {
  const t = useText(assessmentText)
  const f = useFormat()
  const pick = useBilingual()
  const [why, setWhy] = useState(ALL)
  const trail = useTrail()
  const counts = useFeedbackCounts(held.id, held.state)
  const words = useFeedbackWords()
  const rows = useFeedbackRows(held.id, held.state, { explanation: why, after: trail.after, limit: 50 })
  const name = (code: string) => {
    const one = words.data?.explanations.find((each) => each.code === code)
    return one ? <Tooltip title={pick({ zh: one.words_zh, en: one.words_en })}>{pick(one)}</Tooltip> : code
  }
  const options = [
    { value: ALL, label: t('why.all') },
    ...(counts.data?.items ?? []).map((one) => ({ value: one.code, label: `${pick(one)} ${f.number(one.rows)}${one.appeal ? ` · ${t('why.appeal')}` : ''}` })),
  ]
  return (
    <Panel flush title={t('why.title')}>
      <div style={{ padding: '0 16px 10px', overflowX: 'auto' }}>
        <Segmented aria-label={t('why.title')} value={why} options={options} onChange={(next) => { setWhy(next); trail.restart() }} />
      </div>
      <ProblemNote error={rows.error ?? counts.error} onRetry={() => void rows.refetch()} />
      <Table<FeedbackRow>
        size="small" rowKey="row" pagination={false} scroll={{ x: 1240 }} loading={rows.isPending && !rows.error} dataSource={rows.data?.items ?? []}
        columns={[
          { title: t('row.row'), dataIndex: 'row', width: 70, align: 'right' },
          { title: t('row.camera'), key: 'camera', ellipsis: true, render: (_, row) => <Camera row={row} /> },
          { title: t('row.said'), key: 'said', width: 150, ellipsis: true, render: (_, row) => <Tooltip title={row.reason}>{row.said}</Tooltip> },
          { title: t('row.at'), key: 'at', width: 170, render: (_, row) => f.dateTime(row.at) },
          { title: t('row.ours'), key: 'ours', width: 80, render: (_, row) => t(`ours.${row.ours}`) },
          { title: t('row.why'), key: 'why', width: 190, render: (_, row) => name(row.explanation) },
          { title: t('row.evidence'), key: 'evidence', width: 330, render: (_, row) => <Evidence row={row} /> },
        ]}
      />
      <Pager trail={trail} next={rows.data?.next} />
    </Panel>
  )
}

function Camera({ row }: { row: FeedbackRow }) {
  const t = useText(assessmentText)
  const name = row.evidence.camera_name ?? (row.name || row.code)
  return (
    <>
      {row.camera_id ? <Link to={`/cameras/${row.camera_id}`}>{name}</Link> : name}{' '}
      <span className={css.faint}>{row.code} · {t(`match.${row.match}` as AssessmentKey)}</span>
    </>
  )
}

function Evidence({ row }: { row: FeedbackRow }) {
  const t = useText(assessmentText)
  const f = useFormat()
  const { before, after, exemption } = row.evidence
  const said = [
    ...[before, after].flatMap((one) => (one ? [t(one.good ? 'tried.good' : 'tried.bad', { at: f.dateTime(one.at) })] : [])),
    ...(exemption === undefined ? [] : [t('exemption', { n: exemption })]),
  ]
  return <span className={css.faint}>{said.join(' · ')}</span>
}

/** Rows that could not be read, and by which rule. */
export function WrongRows({ id }: { id: string }) {
  const t = useText(assessmentText)
  const trail = useTrail()
  const found = useFeedbackProblems(id, { after: trail.after, limit: 20 })
  return (
    <Panel flush title={t('problems.title')}>
      <ProblemNote error={found.error} />
      <Table<FeedbackProblem>
        size="small" rowKey={(one) => `${one.row} ${one.field}`} pagination={false} dataSource={found.data?.items ?? []}
        columns={[{ title: t('problems.row'), dataIndex: 'row', width: 90, align: 'right' }, { title: t('problems.words'), dataIndex: 'words' }]}
      />
      <Pager trail={trail} next={found.data?.next} />
    </Panel>
  )
}
