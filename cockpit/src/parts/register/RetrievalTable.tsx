import { Button, Table, Tag, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Query } from '@/api/client'
import { usePurposes, useRetrievals } from '@/api/queries'
import type { Retrieval } from '@/api/types'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { ProblemNote } from '../ProblemNote'
import { endName, registerText } from './index'
import { Teach } from '../Teach'
import { partsText } from '../text'

/** The retrieval register: who saw which camera, for which unit, why, when and how much. Newest first, by keyset. */
export function RetrievalTable({ query, compact = false, empty }: { query: Query; compact?: boolean; empty?: string }) {
  const key = JSON.stringify(query)
  return <Pages key={key} query={query} compact={compact} empty={empty} />
}

function Pages({ query, compact, empty }: { query: Query; compact: boolean; empty: string | undefined }) {
  const t = useText(registerText)
  const p = useText(partsText)
  const f = useFormat()
  const pick = useBilingual()
  const [trail, setTrail] = useState<string[]>([])
  const register = useRetrievals({ ...query, limit: compact ? 20 : 100, after: trail.at(-1) })
  const purposes = new Map((usePurposes().data?.items ?? []).map((purpose) => [purpose.code, pick(purpose)]))
  const next = register.data?.next ?? null

  const columns: TableColumnType<Retrieval>[] = [
    { title: t('asked'), key: 'asked', width: 168, render: (_, row) => f.dateTime(row.asked_at) },
    { title: t('holder'), key: 'holder', width: 170, ellipsis: true, render: (_, row) => <>{row.holder_name}{row.holder_kind !== 'person' && ` · ${t(`kind.${row.holder_kind}`)}`}</> },
    { title: t('unit'), key: 'unit', width: 170, ellipsis: true, render: (_, row) => row.organisation },
    ...(compact ? [] : [{ title: t('camera'), key: 'camera', width: 220, ellipsis: true, render: (_: unknown, row: Retrieval) => <Link to={`/cameras/${row.camera_id}`}>{row.camera_name}</Link> }]),
    {
      title: t('action'), key: 'action', width: compact ? 110 : 190,
      render: (_, row) => (
        <>
          {t(`action.${row.action}`)} {row.emergency && <Tag color="red">{t('emergency')}</Tag>}
          {row.footage_from && !compact && <small style={{ display: 'block', color: 'var(--text-faint)' }}>{f.dateTime(row.footage_from)} – {f.time(row.footage_to, true)}</small>}
        </>
      ),
    },
    { title: t('purpose'), key: 'purpose', width: 240, ellipsis: true, render: (_, row) => [purposes.get(row.purpose_code) ?? row.purpose_code, row.purpose_text].filter(Boolean).join(' · ') },
    { title: t('seen'), key: 'seen', width: 110, align: 'right', render: (_, row) => (row.first_frame_at ? f.seconds(row.seconds) : t('nothing')) },
    { title: t('bytes'), key: 'bytes', width: 100, align: 'right', render: (_, row) => f.bytes(row.bytes) },
    { title: t('closed'), key: 'closed', width: 150, ellipsis: true, render: (_, row) => (row.closed_at ? (row.close_reason ? endName(t, row.close_reason) : f.dateTime(row.closed_at)) : t('open')) },
  ]
  return (
    <>
      <ProblemNote error={register.error} onRetry={() => void register.refetch()} />
      <Table<Retrieval>
        size="small"
        rowKey="id"
        columns={columns}
        dataSource={register.data?.items ?? []}
        loading={register.isFetching && !register.data}
        pagination={false}
        scroll={{ x: compact ? 1000 : 1400 }}
        locale={{ emptyText: <Teach title={empty ?? t('none')}>{t('teach')}</Teach> }}
      />
      {(trail.length > 0 || next !== null) && (
        <p style={{ display: 'flex', gap: 8, justifyContent: 'flex-end', padding: '10px 14px' }}>
          <Button size="small" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{p('table.back')}</Button>
          <Button size="small" disabled={next === null} onClick={() => next !== null && setTrail([...trail, next])}>{p('table.more')}</Button>
        </p>
      )}
    </>
  )
}
