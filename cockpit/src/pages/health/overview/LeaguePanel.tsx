import { DownloadOutlined } from '@ant-design/icons'
import { Button, Segmented, Select, Table, type TableColumnsType } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { path } from '@/api/client'
import { SCOPE_KINDS, useLeague, type Indicator, type LeagueRow, type Scope, type ScopeKind } from '@/api/health'
import { SOLID_COVERAGE } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from '../health.module.css'
import { healthText } from '../text'
import type { View } from './view'

const USUAL: readonly string[] = ['online', 'playable', 'intact', 'complete', 'recording']

interface Props {
  view: View
  items: readonly Indicator[]
  onChange: (next: Partial<View>) => void
}

/** Who is ahead of whom: by city, county, sector, unit, platform or firm, with the change against last week and month. */
export function LeaguePanel({ view, items, onChange }: Props) {
  const t = useText(healthText)
  const pick = useBilingual()
  const [shown, setShown] = useState<readonly string[]>(USUAL)
  const wanted = items.map((item) => item.code).filter((code) => shown.includes(code) || code === view.by)
  const only = wanted.join(',')
  const asked = { kind: view.of, parent: view.region, by: view.by, only }
  const league = useLeague(asked, wanted.length > 0)
  const rows = league.data?.items ?? []
  const names = new Map(items.map((item) => [item.code, pick(item.name)]))
  const columns = useColumns(view, wanted, names, onChange)
  return (
    <div className={css.league}>
      <div className={css.bar}>
        <Segmented<ScopeKind> aria-label={t('league.of')} value={view.of} options={SCOPE_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} onChange={(of) => onChange({ of })} />
        <Select
          mode="multiple" maxTagCount={4} className={css.wide} aria-label={t('league.columns')} value={wanted}
          options={items.map((item) => ({ value: item.code, label: pick(item.name), disabled: item.code === view.by }))}
          onChange={(next: string[]) => setShown(next)}
        />
        {(['csv', 'xlsx'] as const).map((ending) => (
          <Button key={ending} size="small" icon={<DownloadOutlined aria-hidden />} href={path(`/health/league.${ending}`, asked)} download>{t(`league.${ending}`)}</Button>
        ))}
      </div>
      <ProblemNote error={league.error} onRetry={() => void league.refetch()} />
      {league.data && rows.length === 0
        ? <Teach title={t('league.empty')}>{t('league.emptyText')}</Teach>
        : <Table<LeagueRow>
            size="small" rowKey="code" dataSource={rows} loading={league.isLoading} scroll={{ x: 'max-content' }}
            pagination={rows.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
            columns={columns}
          />}
      <p className={css.faint}>{t('league.note')}</p>
    </div>
  )
}

function useColumns(view: View, wanted: readonly string[], names: ReadonlyMap<string, string>, onChange: Props['onChange']): TableColumnsType<LeagueRow> {
  const t = useText(healthText)
  const f = useFormat()
  const pick = useBilingual()
  const scope = (row: LeagueRow): Partial<Scope> => (view.of === 'region' ? { region: row.code } : { kind: view.of, scope: row.code })
  return [
    { key: 'rank', title: t('league.rank'), width: 70, render: (_, row) => row.rank === null ? '—' : <span title={row.tied ? t('league.tied') : undefined}>{row.rank}{row.tied && '='}</span> },
    {
      key: 'name', title: t(`kind.${view.of}`),
      render: (_, row) => <Button type="link" size="small" className={css.name} onClick={() => onChange(scope(row))}>{row.name ? pick(row.name) : row.code || t('league.unsaid')}</Button>,
    },
    { key: 'total', title: t('league.total'), align: 'right', render: (_, row) => <>{f.number(row.total)}{row.exempt > 0 && <small className={css.faint}> {t('league.exempt', { n: f.number(row.exempt) })}</small>}</> },
    ...wanted.map((code) => ({
      key: code,
      title: (
        <Button type="text" size="small" className={css.sort} aria-pressed={code === view.by} onClick={() => onChange({ by: code })}>
          {names.get(code) ?? code}{code === view.by && ' ▾'}
        </Button>
      ),
      align: 'right' as const,
      render: (_: unknown, row: LeagueRow) => <Cell row={row} code={code} />,
    })),
    {
      key: 'down', title: '', width: 60,
      render: (_, row) => view.of === 'region' && <Link className={css.cameras} to={`/cameras?region=${row.code}`}>{t('league.cameras')}</Link>,
    },
  ]
}

function Cell({ row, code }: { row: LeagueRow; code: string }) {
  const t = useText(healthText)
  const f = useFormat()
  const one = row.figures[code]
  if (!one || one.value === null) return <span className={css.unknown}>—</span>
  const hollow = one.coverage !== null && one.coverage < SOLID_COVERAGE
  const error = one.low !== null && one.high !== null && one.high > one.low ? t('league.between', { low: f.percent(one.low), high: f.percent(one.high) }) : ''
  const title = `${t('league.counted', { n: f.number(one.denominator), coverage: f.percent(one.coverage, 0) })} ${error}`.trim()
  return (
    <span title={title}>
      <span className={css.value} data-hollow={hollow || undefined}>{f.percent(one.value)}</span>
      {one.changes.map(({ days, value }) => value !== null && (
        <small key={days} className={css.moved} data-way={value > 0.0005 ? 'up' : value < -0.0005 ? 'down' : 'same'}>
          {t(`league.change.${days === 7 ? 'week' : 'month'}`, { points: `${value > 0 ? '+' : ''}${f.number(value * 100, 1)}` })}
        </small>
      ))}
    </span>
  )
}
