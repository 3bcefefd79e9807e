import { App, Button, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useViidDevices } from '@/api/gather'
import { call } from '@/api/client'
import type { ViidDevice } from '@/api/types'
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
import { OnlineMark } from './OnlineMark'
import { gatherText } from './text'
import { ViidForm } from './ViidForm'

/** Smart cameras and platforms that send what they recognised (GA/T 1400); we are the library they register at. */
export function ViidPanel() {
  const t = useText(gatherText)
  const p = useText(partsText)
  const f = useFormat()
  const can = useCan()
  const { modal } = App.useApp()
  const act = useAct()
  const [adding, setAdding] = useState(false)
  const trail = useTrail()
  const devices = useViidDevices({ after: trail.after, limit: 100 })
  const add = can('gather.write') && <Button type="primary" size="small" onClick={() => setAdding(true)}>{t('viid.add')}</Button>
  const remove = (device: ViidDevice) =>
    void modal.confirm({
      title: t('access.removeTitle', { name: device.name || device.code }),
      content: t('viid.removeText'),
      okText: t('access.remove'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: async () => {
        // Removed as it stands now: a device somebody has changed meanwhile is looked at again.
        await act.run(async () => {
          const { etag } = await call<ViidDevice>('GET', `/viid/devices/${device.code}`)
          await call('DELETE', `/viid/devices/${device.code}`, { ifMatch: etag ?? undefined })
        }, ['viid-devices'])
      },
    })

  return (
    <Panel title={t('viid.title')} note={t('viid.note')} actions={add} flush>
      <ProblemNote error={act.problem ?? devices.error} />
      <Table<ViidDevice>
        size="small"
        rowKey="code"
        dataSource={devices.data?.items ?? []}
        loading={devices.isPending && !devices.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('viid.none')} action={add}>{t('viid.teach')}</Teach> }}
        columns={[
          { title: t('access.state'), key: 'state', width: 110, render: (_, one) => <OnlineMark device={one} /> },
          { title: t('access.name'), key: 'name', render: (_, one) => <>{one.name || one.code}<span className={`${css.sub} ${css.mono}`}>{one.code}</span></> },
          { title: t('access.address'), key: 'address', width: 180, render: (_, one) => <span className={css.mono}>{one.address ?? one.url}</span> },
          { title: t('access.keepalive'), key: 'keepalive', width: 120, render: (_, one) => <span title={f.dateTime(one.keepalive_at)}>{f.ago(one.keepalive_at)}</span> },
          { title: t('viid.objects'), key: 'objects', width: 120, align: 'right', render: (_, one) => f.number(one.objects) },
          { title: t('viid.camera'), key: 'camera', width: 100, render: (_, one) => one.camera_id && <Link to={`/cameras/${one.camera_id}`}>{t('access.open')}</Link> },
          ...(can('gather.write')
            ? [{ title: '', key: 'actions', width: 110, render: (_: unknown, one: ViidDevice) => <span className={css.actions}><Button size="small" onClick={() => remove(one)}>{t('access.remove')}</Button></span> }]
            : []),
        ]}
      />
      <Pager trail={trail} next={devices.data?.next} />
      {adding && <ViidForm onClose={() => setAdding(false)} />}
    </Panel>
  )
}
