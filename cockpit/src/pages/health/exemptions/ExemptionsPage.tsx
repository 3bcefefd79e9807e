import { Button, Segmented, Table } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useExemptions, type Exemption } from '@/api/exemptions'
import { useCan } from '@/app/auth'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { HealthNav } from '../HealthNav'
import css from '../told.module.css'
import { AskExemption } from './AskExemption'
import { OneExemption } from './OneExemption'
import { exemptionsText } from './text'

const PHASES = ['all', 'waiting', 'running', 'coming', 'over', 'refused'] as const

/** Cameras that leave the denominators for a time: asking, deciding, ending. `?selection=` brings cameras chosen elsewhere. */
export default function ExemptionsPage() {
  const t = useText(exemptionsText)
  const f = useFormat()
  const pick = useBilingual()
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const selection = search.get('selection')
  const [phase, setPhase] = useState<(typeof PHASES)[number]>('all')
  const [asking, setAsking] = useState(selection !== null)
  const trail = useTrail()
  const open = search.get('id')
  const found = useExemptions({ phase: phase === 'all' ? undefined : phase, after: trail.after, limit: 50 })
  const show = (id: string | null) => setSearch(id === null ? {} : { id })
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {can('exemptions.write') && <Button type="primary" onClick={() => setAsking(true)}>{t('ask')}</Button>}
      </PageHead>
      <HealthNav />
      <Panel
        flush title={t('title')}
        actions={<Segmented aria-label={t('phases')} value={phase} options={PHASES.map((value) => ({ value, label: t(`phase.${value}`) }))} onChange={(next) => { setPhase(next); trail.restart() }} />}
      >
        <ProblemNote error={found.error} onRetry={() => void found.refetch()} />
        <Table<Exemption>
          size="small" rowKey="id" pagination={false} scroll={{ x: 1180 }} loading={found.isPending && !found.error}
          dataSource={found.data?.items ?? []}
          locale={{ emptyText: <Teach title={t('none')}>{t('noneTeach')}</Teach> }}
          columns={[
            { title: t('column.number'), dataIndex: 'number', width: 70 },
            { title: t('column.kind'), key: 'kind', width: 110, render: (_, one) => pick({ zh: one.kind_zh, en: one.kind_en }) },
            { title: t('column.words'), dataIndex: 'words', ellipsis: true },
            { title: t('column.cameras'), key: 'total', width: 90, align: 'right', render: (_, one) => f.number(one.total) },
            { title: t('column.span'), key: 'span', width: 330, render: (_, one) => t('span', { from: f.dateTime(one.starts_at), to: f.dateTime(one.ends_at) }) },
            { title: t('column.asked'), dataIndex: 'asked_by_name', width: 120, ellipsis: true },
            { title: t('column.phase'), key: 'phase', width: 170, render: (_, one) => (one.extension ? <span className={css.warn}>{t('extension', { to: f.day(one.extension.to) })}</span> : t(`phase.${one.phase}`)) },
            { key: 'open', width: 90, fixed: 'right', render: (_, one) => <Button size="small" type={one.phase === 'asked' || one.extension ? 'primary' : 'default'} onClick={() => show(one.id)}>{t('open')}</Button> },
          ]}
        />
        <Pager trail={trail} next={found.data?.next} />
      </Panel>
      {asking && <AskExemption selection={selection} onClose={() => setAsking(false)} />}
      {open !== null && <OneExemption id={open} onClose={() => show(null)} />}
    </div>
  )
}
