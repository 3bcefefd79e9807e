import { Drawer, Segmented, Select, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useMembers, type Member, type Pools } from '@/api/compute'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './compute.module.css'
import { computeText } from './text'
import { pace, poolWord, tierWord } from './words'

/** The cameras of a pool with what each is given; those left behind first asked for. */
export function MembersDrawer({ pool, all, onClose }: { pool: string; all: Pools; onClose: () => void }) {
  const t = useText(computeText)
  const f = useFormat()
  const { language } = useLanguage()
  const [shed, setShed] = useState(true)
  const [tier, setTier] = useState<string>()
  const trail = useTrail()
  const read = useMembers(pool, tier, shed, trail.after)
  return (
    <Drawer open size={760} title={t('cameras.title', { pool: poolWord(all.items, pool, t) })} onClose={onClose}>
      <div className={css.row}>
        <Segmented value={shed ? 'shed' : 'all'} options={[{ value: 'shed', label: t('cameras.shed') }, { value: 'all', label: t('cameras.all') }]} onChange={(next) => { setShed(next === 'shed'); trail.restart() }} />
        <Select allowClear placeholder={t('cameras.tier')} aria-label={t('cameras.tier')} style={{ minWidth: 120 }} value={tier} options={all.tiers.map((one) => ({ value: one.code, label: one[language] }))} onChange={(next: string | undefined) => { setTier(next); trail.restart() }} />
      </div>
      <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
      <Table<Member>
        size="small"
        rowKey="id"
        loading={read.isPending}
        dataSource={read.data?.items ?? []}
        pagination={false}
        locale={{ emptyText: t('cameras.empty') }}
        columns={[
          { title: t('cameras.name'), render: (_, one) => <Link to={`/cameras/${one.id}`}>{one.name}</Link> },
          { title: t('cameras.tier'), render: (_, one) => <>{tierWord(all.tiers, one.tier, language)} <span className={css.faint}>{pace(t, f, one.every_seconds)}</span></> },
          { title: t('cameras.need'), render: (_, one) => tierWord(all.tiers, one.need, language) },
          { title: t('cameras.cost'), render: (_, one) => f.number(one.cost, 3) },
          { title: t('cameras.until'), render: (_, one) => f.dateTime(one.until) },
        ]}
      />
      <Pager trail={trail} next={read.data?.next} />
    </Drawer>
  )
}
