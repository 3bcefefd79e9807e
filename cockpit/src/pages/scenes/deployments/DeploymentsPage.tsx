import { PlusOutlined } from '@ant-design/icons'
import { Button, Segmented, Space, Table, type TableColumnType } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { STATES, useDeployments, type DeploymentItem, type DeploymentState } from '@/api/deployments'
import { useScenes } from '@/api/scenes'
import { useCan } from '@/app/auth'
import { ScenesNav } from '@/pages/scenes/ScenesNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { DeploymentForm } from './DeploymentForm'
import css from './deployments.module.css'
import { StateTag } from './StateTag'
import { deploymentsText } from './text'
import { useDeploymentPulse } from './useDeploymentPulse'
import { useStep } from './useStep'

const stateOf = (said: string | null): DeploymentState | undefined => STATES.find((one) => one === said)

/** All deployments a person may see, the latest start first. */
export default function DeploymentsPage() {
  const t = useText(deploymentsText)
  const f = useFormat()
  const can = useCan()
  const pick = useBilingual()
  const [search, setSearch] = useSearchParams()
  const [adding, setAdding] = useState(false)
  const trail = useTrail()
  const state = stateOf(search.get('state'))
  const found = useDeployments({ state, after: trail.after, limit: 50 })
  const cards = useScenes().data?.items ?? []
  const step = useStep()
  useDeploymentPulse()
  const write = can('deployments.write')
  const columns: TableColumnType<DeploymentItem>[] = [
    { title: t('col.name'), key: 'name', render: (_, one) => <><Link to={`/scenes/deployments/${one.id}`}>{one.name}</Link><span className={css.sub}>{one.place}</span></> },
    { title: t('state'), key: 'state', width: 110, render: (_, one) => <StateTag state={one.state} /> },
    { title: t('col.period'), key: 'period', width: 330, render: (_, one) => `${f.dateTime(one.starts_at)} – ${f.dateTime(one.ends_at)}` },
    { title: t('col.scenes'), key: 'scenes', render: (_, one) => one.scenes.map(({ scene }) => { const card = cards.find((each) => each.code === scene); return card ? pick(card.name) : scene }).join('、') },
    { title: t('col.cameras'), key: 'cameras', width: 190, render: (_, one) => (['on', 'waiting', 'failed', 'leaving'] as const).map((key) => (one.cameras[key] ? <span key={key} className={css.sub}>{t(`cameras.${key}`, { n: f.number(one.cameras[key]) })}</span> : null)) },
    { title: t('col.by'), key: 'by', width: 160, render: (_, one) => <>{one.by_name}<span className={css.sub}>{one.unit}</span></> },
    ...(write
      ? [{ key: 'acts', width: 170, render: (_: unknown, one: DeploymentItem) => <Space>{one.actions.map((action) => <Button key={action} size="small" disabled={step.busy} onClick={() => step.take(one, action)}>{t(`action.${action}`)}</Button>)}</Space> }]
      : []),
  ]
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={t('note')}>
        {write && <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('add')}</Button>}
      </PageHead>
      <ScenesNav />
      <Panel flush>
        <div className={css.bar}>
          <Segmented
            aria-label={t('state')} value={state ?? 'all'} options={[{ value: 'all', label: t('state.all') }, ...STATES.map((value) => ({ value, label: t(`state.${value}`) }))]}
            onChange={(next) => { trail.restart(); setSearch(next === 'all' ? {} : { state: next }, { replace: true }) }}
          />
        </div>
        <ProblemNote error={found.error ?? step.problem} onRetry={() => void found.refetch()} />
        <Table<DeploymentItem>
          size="small" rowKey="id" dataSource={found.data?.items ?? []} columns={columns} loading={found.isPending && !found.error} pagination={false} scroll={{ x: 1100 }}
          locale={{ emptyText: <Teach title={t('none')} action={write ? <Button type="primary" onClick={() => setAdding(true)}>{t('add')}</Button> : undefined}>{t('none.text')}</Teach> }}
        />
        <Pager trail={trail} next={found.data?.next} />
      </Panel>
      {adding && <DeploymentForm onClose={() => setAdding(false)} />}
    </div>
  )
}
