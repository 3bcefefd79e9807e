import { Button, Checkbox, Popover, Select, Table, type TableColumnType } from 'antd'
import { useMemo, useReducer, useState } from 'react'
import { Link } from 'react-router'
import { useCameras } from '@/api/queries'
import type { CameraItem } from '@/api/types'
import { useCan, useMe } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { ProblemNote } from '@/parts/ProblemNote'
import { Star } from '@/parts/Star'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useBoxHeight } from '@/parts/useBoxHeight'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { COLUMNS, orderedColumns, rememberColumns, rememberedColumns, type Column } from './columns'
import css from './CamerasPage.module.css'
import { asQuery, isEmpty, type Filters, type Sort } from './filters'
import { cursor, firstRow, LIMITS, START, step } from './keyset'
import { camerasText, vocabulary } from './text'

const WIDTHS: Partial<Record<Column, number>> = {
  health: 112, name: 260, code: 190, region: 110, address: 260, platform: 170, organisation: 170, kind: 130, sector: 120, place: 120,
  health_at: 130, source: 70, analysis: 84,
}

export function CameraTable({ filters, sort }: { filters: Filters; sort: Sort }) {
  // A new set begins at its first page: the key throws the old trail of cursors away.
  return <Pages key={JSON.stringify([filters, sort])} filters={filters} sort={sort} />
}

function Pages({ filters, sort }: { filters: Filters; sort: Sort }) {
  const t = useText(camerasText)
  const p = useText(partsText)
  const f = useFormat()
  const can = useCan()
  const person = useMe().id
  const [page, go] = useReducer(step, START)
  const [shown, setShown] = useState(() => rememberedColumns(person))
  const cameras = useCameras({ ...asQuery(filters), sort, limit: page.limit, after: cursor(page) })
  const [box, height] = useBoxHeight<HTMLDivElement>()
  const columns = useColumns(shown)

  const items = cameras.data?.items ?? []
  const next = cameras.data?.next ?? null
  const total = cameras.data?.total
  const show = (list: Column[]) => {
    const ordered = orderedColumns(list)
    setShown(ordered)
    rememberColumns(person, ordered)
  }

  return (
    <>
      <ProblemNote error={cameras.error} onRetry={() => void cameras.refetch()} />
      <div ref={box} className={css.table}>
        <Table<CameraItem>
          size="small"
          rowKey="id"
          columns={columns}
          dataSource={items}
          pagination={false}
          loading={cameras.isFetching && (cameras.isPending || cameras.isPlaceholderData)}
          scroll={{ y: Math.max(160, height - 40), x: shown.reduce((sum, column) => sum + (WIDTHS[column] ?? 120), 0) }}
          virtual={items.length > 60}
          locale={{
            emptyText: cameras.data ? (
              <Teach title={t('empty.title')}>
                <p>{isEmpty(filters) ? t('empty.none') : t('empty.filtered')}</p>
                {isEmpty(filters) && can('cameras.write') && <Link to="?add=1">{t('add.open')}</Link>}
              </Teach>
            ) : <p style={{ padding: 30 }}>{p('common.loading')}</p>,
          }}
        />
      </div>
      <footer className={css.foot}>
        <span>
          {total !== undefined && (typeof total === 'number' ? t('total.exact', { n: f.number(total) }) : t('total.atLeast', { n: f.number(total.atLeast) }))}
          {items.length > 0 && ` · ${t('page.rows', { from: f.number(firstRow(page)), to: f.number(firstRow(page) + items.length - 1) })}`}
        </span>
        <Popover
          trigger="click"
          content={
            <Checkbox.Group
              className={css.columns}
              value={shown}
              options={COLUMNS.map((column) => ({ value: column, label: t(`col.${column}`), disabled: column === 'name' }))}
              onChange={show}
            />
          }
        >
          <Button size="small">{t('columns.label')}</Button>
        </Popover>
        <Select
          size="small"
          popupMatchSelectWidth={false}
          value={page.limit}
          options={LIMITS.map((n) => ({ value: n, label: p('table.rows', { n }) }))}
          onChange={(limit) => go({ do: 'limit', limit })}
        />
        <Button size="small" disabled={page.trail.length === 0} onClick={() => go({ do: 'first' })}>{p('table.first')}</Button>
        <Button size="small" disabled={page.trail.length === 0} onClick={() => go({ do: 'back' })}>{p('table.back')}</Button>
        <Button size="small" disabled={next === null || cameras.isPlaceholderData} onClick={() => next !== null && go({ do: 'next', cursor: next })}>
          {p('table.more')}
        </Button>
      </footer>
    </>
  )
}

function useColumns(shown: readonly Column[]): TableColumnType<CameraItem>[] {
  const t = useText(camerasText)
  const f = useFormat()
  return useMemo(() => {
    const cell: Record<Column, (camera: CameraItem) => React.ReactNode> = {
      health: (camera) => <HealthMark health={camera.health} label />,
      name: (camera) => (
        <span className={css.name}>
          <Link to={`/cameras/${camera.id}`}>{camera.name}</Link>
          <Star camera={camera.id} name={camera.name} />
          {camera.demo && <span className={css.demo}>{t('cell.demo')}</span>}
        </span>
      ),
      code: (camera) => camera.code,
      region: (camera) => camera.region?.name,
      address: (camera) => camera.address,
      platform: (camera) => camera.platform?.name,
      organisation: (camera) => camera.organisation,
      kind: (camera) => vocabulary(t, 'kind', camera.kind),
      sector: (camera) => vocabulary(t, 'sector', camera.sector),
      place: (camera) => vocabulary(t, 'place', camera.place),
      health_at: (camera) => (camera.health_at ? <time dateTime={camera.health_at} title={f.dateTime(camera.health_at)}>{f.ago(camera.health_at)}</time> : f.ago(null)),
      source: (camera) => (camera.has_source ? t('cell.source') : ''),
      analysis: (camera) => (camera.analysis ? t('cell.analysis') : ''),
    }
    return shown.map((column) => ({
      key: column,
      title: t(`col.${column}`),
      width: WIDTHS[column] ?? 120,
      ellipsis: true,
      render: (_value: unknown, camera: CameraItem) => cell[column](camera),
    }))
  }, [shown, t, f])
}
