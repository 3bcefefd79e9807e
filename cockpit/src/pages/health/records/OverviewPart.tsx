import { Button, Progress, Segmented, Table } from 'antd'
import { useState } from 'react'
import { askCheck, GROUPS, READS, useFigures, useLeagueOf, type FieldFigures, type Figures, type Group, type LeagueRow } from '@/api/records'
import { useCan } from '@/app/auth'
import { Figure } from '@/parts/Figure'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import page from '../health.module.css'
import css from './records.module.css'
import { recordsText } from './text'
import { scopeOf, share, type View } from './view'
import { useFieldName } from './words'

interface Props {
  view: View
  onChange: (next: Partial<View>) => void
}

export function OverviewPart({ view, onChange }: Props) {
  const t = useText(recordsText)
  const figures = useFigures(scopeOf(view))
  return (
    <>
      <Panel>
        <ProblemNote error={figures.error} onRetry={() => void figures.refetch()} />
        {figures.data && <Rates figures={figures.data} />}
      </Panel>
      <div className={css.columns}>
        <Panel flush title={t('fields.title')} note={t('fields.note')}>
          {figures.data && <Fields figures={figures.data} onChange={onChange} />}
        </Panel>
        <League view={view} onChange={onChange} />
      </div>
    </>
  )
}

function Rates({ figures }: { figures: Figures }) {
  const t = useText(recordsText)
  const f = useFormat()
  const { completeness: whole, accuracy } = figures
  const rates = [
    { key: 'complete', n: whole.complete, of: whole.total },
    { key: 'filled', n: whole.filled, of: whole.mandatory },
    { key: 'accurate', n: accuracy.accurate, of: accuracy.total },
  ] as const
  return (
    <>
      <div className={page.figures}>
        {rates.map(({ key, n, of }) => {
          const value = share(n, of)
          return (
            <Figure
              key={key} name={t(`figure.${key}`)} value={value === null ? f.percent(null) : f.number(value * 100, 1)}
              unit={value === null ? undefined : '%'} unknown={value === null} note={t('figure.of', { n: f.number(n), total: f.number(of) })}
              basis={{ definition: t(`figure.${key}.def`), formula: t(`figure.${key}.formula`), numerator: n, denominator: of, unknown: whole.unknown, since: figures.checked_from, asOf: figures.checked_until }}
            />
          )
        })}
      </div>
      <RunLine figures={figures} />
    </>
  )
}

function RunLine({ figures }: { figures: Figures }) {
  const t = useText(recordsText)
  const f = useFormat()
  const may = useCan()('cameras.write')
  const act = useAct()
  const run = figures.run
  const going = run !== null && run.ended_at === null
  const unknown = figures.completeness.unknown
  return (
    <>
      <ProblemNote error={act.problem} />
      <p className={css.run}>
        {going && <>
          <Progress className={css.progress ?? ''} size="small" percent={Math.floor((share(run.done, run.total ?? 0) ?? 0) * 100)} />
          {t('run.going', { done: f.number(run.done), total: f.number(run.total) })}
        </>}
        {!going && (run ? t('run.last', { at: f.dateTime(run.ended_at), n: f.number(run.total), found: f.number(run.findings) }) : t('run.never'))}
        {unknown > 0 && <span>{t('run.unknown', { n: f.number(unknown) })}</span>}
        {may && !going && <Button size="small" loading={act.busy} onClick={() => void act.run(askCheck, READS)}>{t('run.ask')}</Button>}
      </p>
    </>
  )
}

function Fields({ figures, onChange }: { figures: Figures; onChange: Props['onChange'] }) {
  const t = useText(recordsText)
  const f = useFormat()
  const name = useFieldName()
  const rows = figures.fields.filter((row) => row.due > 0 || row.wrong > 0)
  if (figures.completeness.total === 0) return <Teach title={t('fields.none')}>{t('fields.teach')}</Teach>
  return (
    <Table<FieldFigures>
      size="small" rowKey="field" dataSource={rows} pagination={false} scroll={{ y: 460 }} rowClassName={() => css.row ?? ''}
      onRow={(row) => ({ onClick: () => onChange({ part: 'findings', field: row.field, rule: '', severity: '' }) })}
      columns={[
        { key: 'field', title: t('fields.field'), render: (_, row) => name(row.field) },
        { key: 'due', title: t('fields.due'), align: 'right', render: (_, row) => f.number(row.due) },
        { key: 'missing', title: t('fields.missing'), align: 'right', render: (_, row) => f.number(row.missing), sorter: (a, b) => a.missing - b.missing },
        { key: 'filled', title: t('fields.filled'), align: 'right', render: (_, row) => f.percent(share(row.due - row.missing, row.due)), sorter: (a, b) => (share(a.due - a.missing, a.due) ?? 2) - (share(b.due - b.missing, b.due) ?? 2) },
        { key: 'wrong', title: t('fields.wrong'), align: 'right', render: (_, row) => f.number(row.wrong), sorter: (a, b) => a.wrong - b.wrong },
      ]}
    />
  )
}

/** A click narrows the page to the row: into the region, or to the unit's findings. */
function League({ view, onChange }: Props) {
  const t = useText(recordsText)
  const f = useFormat()
  const [by, setBy] = useState<Group>('city')
  const league = useLeagueOf(by, scopeOf(view))
  const into = (row: LeagueRow): Partial<View> => (by === 'city' || by === 'county' ? { region: row.key } : { [by]: row.key })
  const complete = (row: LeagueRow) => share(row.completeness.complete, row.completeness.total)
  const filled = (row: LeagueRow) => share(row.completeness.filled, row.completeness.mandatory)
  const accurate = (row: LeagueRow) => share(row.accuracy.accurate, row.accuracy.total)
  const column = (key: 'complete' | 'filled' | 'accurate', of: (row: LeagueRow) => number | null) => ({
    key, title: t(`league.${key}`), align: 'right' as const,
    render: (_: unknown, row: LeagueRow) => f.percent(of(row)),
    sorter: (a: LeagueRow, b: LeagueRow) => (of(a) ?? -1) - (of(b) ?? -1),
  })
  return (
    <Panel flush title={t('league.title')} actions={<Segmented<Group> size="small" aria-label={t('league.of')} value={by} options={GROUPS.map((value) => ({ value, label: t(`by.${value}`) }))} onChange={setBy} />}>
      <ProblemNote error={league.error} onRetry={() => void league.refetch()} />
      <Table<LeagueRow>
        size="small" rowKey="key" dataSource={league.data?.items ?? []} loading={league.isLoading} scroll={{ y: 460 }}
        pagination={(league.data?.items.length ?? 0) > 100 ? { pageSize: 100, showSizeChanger: false } : false}
        columns={[
          { key: 'name', title: t('league.name'), render: (_, row) => (row.key === '' ? <span className={css.faint}>{t('league.none')}</span> : <Button type="link" size="small" onClick={() => onChange(into(row))}>{row.name}</Button>) },
          { key: 'total', title: t('league.total'), align: 'right', render: (_, row) => f.number(row.completeness.total) },
          { ...column('complete', complete), defaultSortOrder: 'descend' },
          column('filled', filled),
          column('accurate', accurate),
          { key: 'see', width: 90, render: (_, row) => row.key !== '' && <Button type="link" size="small" onClick={() => onChange({ ...into(row), part: 'findings' })}>{t('league.see')}</Button> },
        ]}
      />
    </Panel>
  )
}
