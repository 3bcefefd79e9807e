import { Button, Table, Tag, type TableColumnType } from 'antd'
import { Link } from 'react-router'
import type { Emergency } from '@/api/grants'
import { useMe } from '@/app/auth'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './grants.module.css'
import { grantsText } from './text'

const TONE: Record<Emergency['state'], string> = { pending: 'blue', justified: 'green', unjustified: 'red' }

/** Emergency accesses and what was said of them; with `onReview`, those of others can be reviewed. */
export function EmergencyTable({ items, loading, onReview }: { items: readonly Emergency[]; loading: boolean; onReview?: (one: Emergency) => void }) {
  const t = useText(grantsText)
  const f = useFormat()
  const { id: me } = useMe()
  const columns: TableColumnType<Emergency>[] = [
    { title: t('column.opened'), key: 'opened', width: 160, render: (_, row) => f.dateTime(row.opened_at) },
    { title: t('column.person'), key: 'person', width: 160, render: (_, row) => <>{row.person_name}<span className={css.sub}>{row.organisation}</span></> },
    { title: t('column.cameras'), key: 'cameras', width: 220, render: (_, row) => row.camera_ids.map((id, index) => <Link key={id} to={`/cameras/${id}`}>{row.camera_names[index]} </Link>) },
    { title: t('column.actions'), key: 'action', width: 100, render: (_, row) => t(`action.${row.action}`) },
    { title: t('column.reason'), key: 'reason', render: (_, row) => row.reason },
    { title: t('column.due'), key: 'due', width: 160, render: (_, row) => f.dateTime(row.due_at) },
    {
      title: t('column.state'), key: 'state', width: 210,
      render: (_, row) => (
        <>
          <Tag color={TONE[row.state]}>{t(`review.${row.state}`)}</Tag>
          {row.escalated_at && row.state === 'pending' && <Tag color="red">{t('review.overdue')}</Tag>}
          {row.words && <span className={css.sub}>{row.reviewed_by_name}：{row.words}</span>}
        </>
      ),
    },
  ]
  if (onReview) {
    columns.push({
      key: 'do', width: 110,
      render: (_, row) => row.state === 'pending' && (row.person_id === me ? <span className={css.faint}>{t('desk.ownReview')}</span> : <Button size="small" type="primary" onClick={() => onReview(row)}>{t('desk.review')}</Button>),
    })
  }
  return <Table<Emergency> size="small" rowKey="id" pagination={false} scroll={{ x: 1200 }} columns={columns} dataSource={[...items]} loading={loading} locale={{ emptyText: t('desk.noEmergencies') }} />
}
