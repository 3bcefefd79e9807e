import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useLoans, usePools, type Pool } from '@/api/compute'
import { useCan } from '@/app/auth'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useText } from '@/text/language'
import { ScenesNav } from '../ScenesNav'
import css from './compute.module.css'
import { LendForm } from './LendForm'
import { LoansPanel } from './LoansPanel'
import { MembersDrawer } from './MembersDrawer'
import { PoolCard } from './PoolCard'
import { PoolForm } from './PoolForm'
import { PrioritiesPanel } from './PrioritiesPanel'
import { computeText } from './text'

/** The coordinator's page: pools with what they have and do, what was left behind, and lending between them. */
export default function ComputePage() {
  const t = useText(computeText)
  const can = useCan()
  const read = usePools()
  const loans = useLoans()
  const [editing, setEditing] = useState<Pool | 'new' | null>(null)
  const [lending, setLending] = useState(false)
  const [shown, setShown] = useState<string | null>(null)
  const pools = read.data?.items ?? []
  const may = can('compute.write')
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {may && pools.length > 1 && <Button onClick={() => setLending(true)}>{t('lend')}</Button>}
        {may && <Button type="primary" onClick={() => setEditing('new')}>{t('new')}</Button>}
      </PageHead>
      <ScenesNav />
      <ProblemNote error={read.error} onRetry={() => void read.refetch()} />
      {read.data?.enabled === false && <Alert type="info" showIcon title={t('off')} />}
      {read.data && read.data.idle_workers.length > 0 && <Alert type="warning" showIcon title={t('lost', { names: read.data.idle_workers.join('、') })} />}
      {read.data && (
        <div className={css.pools}>
          {pools.map((pool) => (
            <PoolCard key={pool.name} pool={pool} all={read.data} onEdit={() => setEditing(pool)} onCameras={() => setShown(pool.name)} />
          ))}
        </div>
      )}
      {read.data && pools.length === 1 && <Teach title={t('none')}>{t('none.text')}</Teach>}
      <LoansPanel pools={pools} read={loans} mayWrite={may} />
      <PrioritiesPanel mayWrite={may} />
      {editing && <PoolForm pool={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {lending && <LendForm pools={pools} onClose={() => setLending(false)} />}
      {shown !== null && read.data && <MembersDrawer pool={shown} all={read.data} onClose={() => setShown(null)} />}
    </div>
  )
}
