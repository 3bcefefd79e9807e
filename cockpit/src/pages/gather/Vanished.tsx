import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useVanished } from '@/api/gather'
import { call } from '@/api/client'
import type { Archived, VanishedCamera } from '@/api/types'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { gatherText } from './text'

const READS = ['vanished', 'cameras', 'tree', 'camera-map', 'summary'] as const
/** Names shown before a bulk step, so that a wrong choice is seen. */
const PREVIEW = 8

/** Cameras a complete catalogue no longer named. A person decides; archiving shows first what it takes, and can be undone. */
export function Vanished() {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const trail = useTrail()
  const vanished = useVanished({ after: trail.after, limit: 100 })
  const [chosen, setChosen] = useState<VanishedCamera[]>([])
  const { ask, act } = useArchive(() => setChosen([]))

  return (
    <Panel
      title={t('vanished.title')}
      note={t('vanished.note')}
      flush
      actions={can('gather.write') && chosen.length > 0 && <Button type="primary" loading={act.busy} onClick={() => ask(chosen)}>{t('vanished.archive', { n: f.number(chosen.length) })}</Button>}
    >
      <ProblemNote error={act.problem ?? vanished.error} />
      <Table<VanishedCamera>
        size="small"
        rowKey="id"
        dataSource={vanished.data?.items ?? []}
        loading={vanished.isPending && !vanished.error}
        pagination={false}
        scroll={{ x: 820 }}
        {...(can('gather.write')
          ? { rowSelection: { selectedRowKeys: chosen.map((one) => one.id), preserveSelectedRowKeys: true, onChange: (_keys, rows) => setChosen(rows) } }
          : {})}
        locale={{ emptyText: <Teach title={t('vanished.none')}>{t('vanished.noneText')}</Teach> }}
        columns={[
          { title: t('vanished.name'), key: 'name', render: (_, one) => <Link to={`/cameras/${one.id}`}>{one.name}</Link> },
          { title: t('vanished.code'), key: 'code', width: 190, render: (_, one) => <span className={css.mono}>{one.code}</span> },
          { title: t('vanished.region'), key: 'region', width: 130, render: (_, one) => one.region?.name },
          { title: t('vanished.platform'), key: 'platform', width: 180, ellipsis: true, render: (_, one) => one.platform?.name },
          { title: t('vanished.since'), key: 'since', width: 150, render: (_, one) => <span title={f.dateTime(one.vanished_at)}>{f.ago(one.vanished_at)}</span> },
        ]}
      />
      <Pager trail={trail} next={vanished.data?.next} />
    </Panel>
  )
}

function useArchive(onDone: () => void) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const f = useFormat()
  const { message, modal } = App.useApp()
  const act = useAct()

  const undo = async (token: string, n: number) => {
    const went = await act.run(() => call('POST', '/cameras/vanished/restore', { body: { undo: token } }), READS)
    if (went) void message.success(t('vanished.undone', { n: f.number(n) }))
  }
  const archive = async (cameras: readonly VanishedCamera[]) => {
    await act.run(async () => {
      const { data } = await call<Archived>('POST', '/cameras/vanished/archive', { body: { cameras: cameras.map((one) => one.id) } })
      const key = `archived-${data.undo ?? ''}`
      void message.success({
        key,
        duration: 15,
        content: (
          <>
            {t('vanished.done', { n: f.number(data.archived) })}{' '}
            {data.undo !== null && <Button type="link" size="small" onClick={() => { message.destroy(key); void undo(data.undo ?? '', data.archived) }}>{t('vanished.undo')}</Button>}
          </>
        ),
      })
      onDone()
    }, READS)
  }
  const ask = (cameras: readonly VanishedCamera[]) =>
    void modal.confirm({
      title: t('vanished.confirm', { n: f.number(cameras.length) }),
      content: (
        <>
          <p>{t('vanished.confirmText')}</p>
          <ul>{cameras.slice(0, PREVIEW).map((one) => <li key={one.id}>{one.name}</li>)}</ul>
          {cameras.length > PREVIEW && <p>{t('vanished.more', { n: f.number(cameras.length - PREVIEW) })}</p>}
        </>
      ),
      okText: t('vanished.archive', { n: f.number(cameras.length) }),
      cancelText: p('common.cancel'),
      onOk: () => archive(cameras),
    })
  return { ask, act }
}
