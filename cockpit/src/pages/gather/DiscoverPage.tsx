import { Button, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { call } from '@/api/client'
import type { OnvifDevice } from '@/api/types'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { JoinOnvif } from './JoinOnvif'
import { gatherText } from './text'

/** How long the platform listens for answers, seconds; what the button says to wait for. */
const LISTEN_SECONDS = 5

/** ONVIF devices on the platform's own network, and any other by its address; a person joins each. */
export default function DiscoverPage() {
  const t = useText(gatherText)
  const act = useAct()
  const [found, setFound] = useState<OnvifDevice[] | null>(null)
  const [joining, setJoining] = useState<string | null>(null)
  const look = () =>
    act.run(async () => {
      const { data } = await call<{ items: OnvifDevice[] }>('POST', '/onvif/discoveries', { body: { seconds: LISTEN_SECONDS } })
      setFound(data.items)
    })
  const empty = found ? (
    <Teach title={t('discover.noneTitle')}>{t('discover.noneText')}</Teach>
  ) : (
    <Teach title={t('discover.emptyTitle')}>{t('discover.emptyText')}</Teach>
  )

  return (
    <div className={css.page}>
      <PageHead title={t('discover.title')} note={t('discover.note')}>
        <Button onClick={() => setJoining('')}>{t('discover.byAddress')}</Button>
        <Button type="primary" loading={act.busy} onClick={() => void look()}>{act.busy ? t('discover.searching', { n: LISTEN_SECONDS }) : t('discover.start')}</Button>
      </PageHead>
      <CamerasNav />
      <Panel flush>
        <ProblemNote error={act.problem} />
        <Table<OnvifDevice>
          size="small"
          rowKey="address"
          dataSource={found ?? []}
          loading={act.busy}
          pagination={false}
          scroll={{ x: 820 }}
          locale={{ emptyText: act.busy ? <p style={{ padding: 24 }} /> : empty }}
          columns={[
            { title: t('discover.name'), key: 'name', render: (_, one) => one.name },
            { title: t('discover.hardware'), key: 'hardware', width: 180, render: (_, one) => one.hardware },
            { title: t('discover.place'), key: 'place', width: 180, render: (_, one) => one.location },
            { title: t('discover.address'), key: 'address', width: 320, render: (_, one) => <span className={css.mono}>{one.address}</span> },
            {
              title: '',
              key: 'join',
              width: 100,
              render: (_, one) =>
                one.camera_id ? <Link to={`/cameras/${one.camera_id}`}>{t('discover.known')}</Link> : <Button size="small" onClick={() => setJoining(one.address)}>{t('discover.join')}</Button>,
            },
          ]}
        />
      </Panel>
      {joining !== null && <JoinOnvif address={joining} onClose={() => setJoining(null)} />}
    </div>
  )
}
