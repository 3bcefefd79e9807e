import { PlusOutlined } from '@ant-design/icons'
import { Button, Table } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useUppers, type UpperPlatform } from '@/api/shares'
import { useCan } from '@/app/auth'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './shares.module.css'
import { StateMark } from './StateMark'
import { sharesText } from './text'
import { UpperDrawer } from './UpperDrawer'
import { UpperForm } from './UpperForm'

/** The platforms this one registers below: how it stands with each, what each sees, what each takes now. */
export default function SharesPage() {
  const t = useText(sharesText)
  const f = useFormat()
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const [adding, setAdding] = useState(false)
  const uppers = useUppers()
  // In the address, so that a platform can be pointed to.
  const show = (id: string | null) => setSearch(id === null ? {} : { upper: id }, { replace: true })
  const add = can('shares.write') && <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>{t('add')}</Button>
  return (
    <div className={css.page}>
      <PageHead title={t('title')} note={can('shares.write') ? t('note') : t('noteRead')}>{add}</PageHead>
      <CamerasNav />
      <Panel flush>
        <ProblemNote error={uppers.error} onRetry={() => void uppers.refetch()} />
        <Table<UpperPlatform>
          size="small"
          rowKey="id"
          dataSource={uppers.data?.items ?? []}
          loading={uppers.isPending && !uppers.error}
          pagination={false}
          scroll={{ x: 980 }}
          locale={{ emptyText: uppers.data ? <Teach title={t('emptyTitle')} action={add}>{t('emptyText')}</Teach> : <p style={{ padding: 24 }} /> }}
          columns={[
            { title: t('col.state'), key: 'state', width: 260, render: (_, one) => <StateMark upper={one} /> },
            {
              title: t('col.name'),
              key: 'name',
              render: (_, one) => (
                <>
                  <button type="button" className={css.link} onClick={() => show(one.id)}>{one.name || one.code}</button>
                  <span className={`${css.sub} ${css.mono}`}>{one.code}</span>
                  {one.organisation && <span className={css.sub}>{one.organisation}</span>}
                </>
              ),
            },
            {
              title: t('col.address'),
              key: 'address',
              width: 200,
              render: (_, one) => (
                <>
                  <span className={css.mono}>{`${one.host}:${String(one.port)} ${one.transport.toUpperCase()}`}</span>
                  <span className={css.sub}>{one.zone}</span>
                </>
              ),
            },
            { title: t('col.keepalive'), key: 'keepalive', width: 120, render: (_, one) => <span title={f.dateTime(one.keepalive_at)}>{f.ago(one.keepalive_at)}</span> },
            {
              title: t('col.cameras'),
              key: 'cameras',
              width: 120,
              align: 'right',
              render: (_, one) => (
                <>
                  {f.number(one.cameras)}
                  {one.loops > 0 && <span className={css.warn} title={t('loops', { n: f.number(one.loops) })}> ⟲ {f.number(one.loops)}</span>}
                </>
              ),
            },
            {
              title: t('col.streams'),
              key: 'streams',
              width: 110,
              align: 'right',
              render: (_, one) => (one.streams_most ? `${f.number(one.streams)} / ${f.number(one.streams_most)}` : f.number(one.streams)),
            },
          ]}
        />
      </Panel>
      {adding && <UpperForm read={null} onClose={() => setAdding(false)} onMade={show} />}
      <UpperDrawer id={search.get('upper')} onClose={() => show(null)} />
    </div>
  )
}
