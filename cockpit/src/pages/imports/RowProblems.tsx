import { Table } from 'antd'
import { useRowProblems } from '@/api/imports'
import type { RowProblem } from '@/api/types'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './imports.module.css'
import { importsText } from './text'

/** What is wrong, row by row: the field, what stands there, and the rule it breaks. */
export function RowProblems({ id }: { id: string }) {
  const t = useText(importsText)
  const f = useFormat()
  const trail = useTrail()
  const problems = useRowProblems(id, { after: trail.after, limit: 100 })
  return (
    <div style={{ marginTop: 16 }}>
      <ProblemNote error={problems.error} onRetry={() => void problems.refetch()} />
      <Table<RowProblem>
        size="small"
        rowKey={(one) => `${one.row}-${one.field ?? ''}-${one.code}`}
        dataSource={problems.data?.items ?? []}
        loading={problems.isPending && !problems.error}
        pagination={false}
        scroll={{ x: 820, y: 420 }}
        columns={[
          { title: t('problem.row'), key: 'row', width: 80, align: 'right', render: (_, one) => f.number(one.row) },
          { title: t('problem.field'), key: 'field', width: 160, render: (_, one) => one.field },
          { title: t('problem.value'), key: 'value', width: 220, render: (_, one) => <span className={css.mono}>{one.value}</span> },
          { title: t('problem.message'), key: 'message', render: (_, one) => one.message },
          { title: t('problem.rule'), key: 'rule', width: 200, render: (_, one) => one.rule },
        ]}
      />
      <Pager trail={trail} next={problems.data?.next} />
    </div>
  )
}
