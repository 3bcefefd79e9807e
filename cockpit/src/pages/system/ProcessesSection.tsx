import { useQueryClient } from '@tanstack/react-query'
import { Table } from 'antd'
import { useCallback } from 'react'
import { useLive } from '@/api/liveContext'
import { useSystem } from '@/api/queries'
import type { Process, System } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { isTrouble } from '@/parts/processes'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './SystemPage.module.css'
import { coded, systemText } from './text'

export function ProcessesSection() {
  const t = useText(systemText)
  const pick = useBilingual()
  const system = useSystem()
  useLiveProcesses()
  if (!system.data) return <ProblemNote error={system.error} onRetry={() => void system.refetch()} />
  const { notices, processes } = system.data
  return (
    <>
      <ProblemNote error={system.error} />
      <Panel title={t('notices.title')}>
        {notices.length === 0 ? (
          <p><HealthMark health="works" /> {t('notices.none')}</p>
        ) : (
          <ul className={css.notices}>
            {notices.map((notice) => <li key={`${notice.code} ${notice.zh}`} data-level={notice.level}>{pick(notice)}</li>)}
          </ul>
        )}
      </Panel>
      <Panel>
        <Facts system={system.data} />
      </Panel>
      <Panel title={t('now.processes')} flush>
        <ProcessTable processes={processes} />
      </Panel>
    </>
  )
}

/** The live topic carries the processes; the rest of the picture is read now and then. */
function useLiveProcesses() {
  const queries = useQueryClient()
  useLive('system', useCallback(({ data }) => {
    const { processes } = data as Partial<System>
    if (processes) queries.setQueryData<System>(['system'], (before) => before && { ...before, processes })
  }, [queries]))
}

function Facts({ system }: { system: System }) {
  const t = useText(systemText)
  const f = useFormat()
  const lake = system.lake?.url
  return (
    <dl className={css.facts}>
      <div>
        <dt>{t('now.database')}</dt>
        <dd>{f.bytes(system.database.size_bytes)}<small>{t('now.databaseVersion', { version: system.database.version })}</small></dd>
      </div>
      <div>
        <dt>{t('now.disk')}</dt>
        <dd>{f.bytes(system.disk?.free_bytes)}<small>{t('now.diskOf', { total: f.bytes(system.disk?.total_bytes) })}</small></dd>
      </div>
      <div>
        <dt>{t('title')}</dt>
        <dd>{system.version}<small>{t('now.version', { version: system.version, time: f.dateTime(system.started_at) })}</small></dd>
      </div>
      {typeof lake === 'string' && (
        <div>
          <dt>{t('now.lake')}</dt>
          <dd><small>{lake}</small></dd>
        </div>
      )}
    </dl>
  )
}

function ProcessTable({ processes }: { processes: Process[] }) {
  const t = useText(systemText)
  const f = useFormat()
  return (
    <Table<Process>
      size="small"
      rowKey="name"
      dataSource={processes}
      pagination={false}
      scroll={{ x: 820 }}
      expandable={{
        rowExpandable: ({ detail }) => Boolean(detail && Object.keys(detail).length > 0),
        expandedRowRender: ({ detail }) => <pre className={css.detail}>{JSON.stringify(detail, null, 2)}</pre>,
      }}
      columns={[
        { title: t('process.state'), key: 'state', width: 130, render: (_, one) => <><HealthMark health={isTrouble(one.state) ? 'offline' : 'works'} /> {coded(t, 'process', one.state)}</> },
        { title: t('process.name'), dataIndex: 'name', width: 160 },
        { title: t('process.kind'), key: 'kind', width: 160, render: (_, one) => coded(t, 'kind', one.kind) },
        { title: t('process.pid'), dataIndex: 'pid', width: 90 },
        { title: t('process.started'), key: 'started', width: 180, render: (_, one) => f.dateTime(one.started_at) },
        { title: t('process.seen'), key: 'seen', render: (_, one) => f.ago(one.seen_at) },
      ]}
    />
  )
}
