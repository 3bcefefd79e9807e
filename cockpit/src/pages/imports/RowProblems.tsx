import { DownloadOutlined } from '@ant-design/icons'
import { Button, Table } from 'antd'
import { path } from '@/api/client'
import { useRowProblems } from '@/api/imports'
import type { RowProblem } from '@/api/types'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './imports.module.css'
import { importsText } from './text'

const plain = (value: unknown): string => (value == null ? '' : typeof value === 'string' ? value : JSON.stringify(value))

/** What is wrong, row by row: the field, what stands there, and the rule it breaks. */
export function RowProblems({ id }: { id: string }) {
  const t = useText(importsText)
  const f = useFormat()
  const trail = useTrail()
  const problems = useRowProblems(id, { after: trail.after, limit: 100 })
  return (
    <div className={css.problems}>
      <p className={css.foot}>
        <strong>{t('problem.title')}</strong>
        <Button size="small" icon={<DownloadOutlined aria-hidden />} href={path(`/imports/${id}/problems.csv`)} download>{t('problem.csv')}</Button>
      </p>
      <ProblemNote error={problems.error} onRetry={() => void problems.refetch()} />
      <Table<RowProblem>
        size="small"
        rowKey={(one) => `${one.row}-${one.field}-${one.code}`}
        dataSource={problems.data?.items ?? []}
        loading={problems.isPending && !problems.error}
        pagination={false}
        scroll={{ x: 900, y: 420 }}
        columns={[
          { title: t('problem.row'), key: 'row', width: 80, align: 'right', render: (_, one) => f.number(one.row) },
          { title: t('problem.field'), key: 'field', width: 140, render: (_, one) => one.column },
          { title: t('problem.actual'), key: 'actual', width: 190, render: (_, one) => <span className={css.mono}>{plain(one.actual)}</span> },
          { title: t('problem.message'), key: 'message', render: (_, one) => one.message },
        ]}
      />
      <Pager trail={trail} next={problems.data?.next} />
    </div>
  )
}
