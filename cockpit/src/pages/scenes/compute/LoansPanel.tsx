import type { UseQueryResult } from '@tanstack/react-query'
import { App, Button, Table } from 'antd'
import { call } from '@/api/client'
import type { Loan, Pool } from '@/api/compute'
import type { List } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { computeText } from './text'
import { poolWord } from './words'

/** Loans between pools: what runs, what is to come, what was. */
export function LoansPanel({ pools, read, mayWrite }: { pools: readonly Pool[]; read: UseQueryResult<List<Loan>>; mayWrite: boolean }) {
  const t = useText(computeText)
  const f = useFormat()
  const { message } = App.useApp()
  const act = useAct()
  const loans = read.data?.items ?? []
  const back = async (loan: Loan) => {
    const went = await act.run(() => call('POST', `/compute/loans/${loan.id}/take-back`), ['compute'])
    if (went) void message.success(t('lend.undone'))
  }
  const state = (loan: Loan) => {
    if (loan.taken_back_at) return t('loans.taken', { who: loan.taken_back_by ?? '', at: f.dateTime(loan.taken_back_at) })
    if (loan.running) return t('loans.running')
    return Date.parse(loan.ends_at) <= Date.now() ? t('loans.over') : t('loans.coming')
  }
  return (
    <Panel title={t('loans')}>
      <ProblemNote error={read.error ?? act.problem} onRetry={() => void read.refetch()} />
      {read.data && loans.length === 0 && <Teach title={t('loans.none')}>{t('loans.none.text')}</Teach>}
      {loans.length > 0 && (
        <Table<Loan>
          size="small"
          rowKey="id"
          dataSource={[...loans]}
          pagination={false}
          columns={[
            { title: t('loans.who'), render: (_, loan) => `${poolWord(pools, loan.lender, t)} → ${poolWord(pools, loan.borrower, t)}` },
            { title: t('lend.cores'), render: (_, loan) => f.number(loan.cores, 1) },
            { title: t('loans.span'), render: (_, loan) => `${f.dateTime(loan.starts_at)} – ${f.dateTime(loan.ends_at)}` },
            { title: t('lend.words'), dataIndex: 'words' },
            { title: t('loans.by'), dataIndex: 'by_name' },
            { title: t('loans.state'), render: (_, loan) => state(loan) },
            {
              title: '',
              render: (_, loan) => mayWrite && !loan.taken_back_at && Date.parse(loan.ends_at) > Date.now() && (
                <Button size="small" loading={act.busy} onClick={() => void back(loan)}>{t('loans.back')}</Button>
              ),
            },
          ]}
        />
      )}
    </Panel>
  )
}
