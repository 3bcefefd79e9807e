import { Button, Table } from 'antd'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { useFeedbacks, type Feedback } from '@/api/feedbacks'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { HealthNav } from '../HealthNav'
import css from '../told.module.css'
import { BringList } from './BringList'
import { OneList } from './OneList'
import { assessmentText } from './text'

/** The upper platform's feedback lists: bring one, see why it differs from our figures, appeal, hand faults on. */
export default function AssessmentPage() {
  const t = useText(assessmentText)
  const can = useCan()
  const navigate = useNavigate()
  const { id } = useParams()
  const [bringing, setBringing] = useState(false)
  const read = (made: string) => { setBringing(false); void navigate(`/health/assessment/${made}`) }
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {id !== undefined && <Button onClick={() => void navigate('/health/assessment')}>{t('back')}</Button>}
        {can('health.write') && <Button type="primary" onClick={() => setBringing(!bringing)}>{t('bring')}</Button>}
      </PageHead>
      <HealthNav />
      <div className={css.stack}>
        {bringing && <Panel title={t('bring')}><BringList onRead={read} /></Panel>}
        {id === undefined ? <Lists /> : <OneList key={id} id={id} onGone={() => void navigate('/health/assessment')} />}
      </div>
    </div>
  )
}

function Lists() {
  const t = useText(assessmentText)
  const f = useFormat()
  const trail = useTrail()
  const found = useFeedbacks({ after: trail.after, limit: 30 })
  return (
    <Panel flush title={t('list.title')}>
      <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
      <Table<Feedback>
        size="small" rowKey="id" pagination={false} scroll={{ x: 1080 }} loading={found.isPending && !found.error} dataSource={found.data?.items ?? []}
        locale={{ emptyText: <Teach title={t('list.none')}>{t('list.noneTeach')}</Teach> }}
        columns={[
          { title: t('column.name'), key: 'name', ellipsis: true, render: (_, one) => <Link to={`/health/assessment/${one.id}`}>{one.name}</Link> },
          { title: t('column.upper'), dataIndex: 'upper_name', width: 180, ellipsis: true },
          { title: t('column.indicator'), key: 'indicator', width: 110, render: (_, one) => t(`indicator.${one.indicator}`) },
          { title: t('column.rows'), key: 'rows', width: 90, align: 'right', render: (_, one) => f.number(one.rows) },
          { title: t('column.theirs'), key: 'theirs', width: 100, align: 'right', render: (_, one) => f.percent(one.bridge?.at(0)?.rate, 2) },
          { title: t('column.ours'), key: 'ours', width: 100, align: 'right', render: (_, one) => f.percent(one.bridge?.at(-1)?.rate, 2) },
          { title: t('column.state'), key: 'state', width: 120, render: (_, one) => t(`state.${one.state}`) },
          { title: t('column.when'), key: 'when', width: 260, render: (_, one) => `${one.by_name} · ${f.dateTime(one.created_at)}` },
        ]}
      />
      <Pager trail={trail} next={found.data?.next} />
    </Panel>
  )
}
