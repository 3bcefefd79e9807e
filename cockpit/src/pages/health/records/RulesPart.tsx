import { Button, Switch, Table, Tag } from 'antd'
import { READS, switchRule, useRules, type Rule } from '@/api/records'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './records.module.css'
import { recordsText } from './text'
import { scopeOf, type View } from './view'

const COLOUR = { error: 'error', warning: 'warning', notice: 'default' } as const

/** The rules the checker runs, what each finds here, and which may repair by themselves. */
export function RulesPart({ view, onChange }: { view: View; onChange: (next: Partial<View>) => void }) {
  const t = useText(recordsText)
  const f = useFormat()
  const pick = useBilingual()
  const may = useCan()('cameras.write')
  const act = useAct()
  const rules = useRules(scopeOf(view))
  return (
    <Panel note={rules.data && t('rules.version', rules.data as unknown as Record<string, string>)} title={t('part.rules')} flush>
      <ProblemNote error={act.problem ?? rules.error} onRetry={() => void rules.refetch()} />
      <Table<Rule>
        size="small" rowKey="code" dataSource={rules.data?.items ?? []} loading={rules.isLoading} pagination={false} scroll={{ x: 'max-content' }}
        columns={[
          { key: 'severity', title: t('findings.severity'), render: (_, row) => <Tag color={COLOUR[row.severity]}>{t(`severity.${row.severity}`)}</Tag> },
          { key: 'rule', title: t('rules.rule'), width: 520, render: (_, row) => <>{pick(row)}<span className={css.code}>{row.code} · {row.source}</span></> },
          { key: 'kind', title: t('rules.kind'), render: (_, row) => t(`kind.${row.kind}`) },
          { key: 'findings', title: t('rules.findings'), align: 'right', sorter: (a, b) => a.findings - b.findings, render: (_, row) => (row.findings ? <Button type="link" size="small" onClick={() => onChange({ part: 'findings', rule: row.code, field: '', severity: '' })}>{f.number(row.findings)}</Button> : f.number(0)) },
          { key: 'repair', title: t('rules.repair'), render: (_, row) => t(`repair.${row.repair}`) },
          {
            key: 'auto', title: <span title={t('rules.autoNote')}>{t('rules.auto')}</span>,
            render: (_, row) => row.repair === 'certain' && <><Switch size="small" aria-label={`${t('rules.auto')} ${pick(row)}`} checked={row.auto} disabled={!may} loading={act.busy} onChange={(auto) => void act.run(() => switchRule(row.code, auto), READS)} />{row.auto_by && <span className={css.code}>{t('rules.autoBy', { name: row.auto_by })}</span>}</>,
          },
        ]}
      />
    </Panel>
  )
}
