import { App, Button, Drawer } from 'antd'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import { useDevice, useSyncs } from '@/api/gather'
import { call, type Answer } from '@/api/client'
import type { GbDevice, GbDeviceDetail } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ClockDifference } from './ClockDifference'
import { DeviceForm } from './DeviceForm'
import css from './gather.module.css'
import { OnlineMark } from './OnlineMark'
import { OwnAddress } from './OwnAddress'
import { quirkLabel } from './quirks'
import { SyncProgress } from './SyncProgress'
import { SyncStateWord } from './SyncStateWord'
import { gatherText, offlineWord, versionName } from './text'
import { useStartSync } from './useStartSync'

/** All that is known about one device, beside the list it was chosen from. */
export function DeviceDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const t = useText(gatherText)
  const device = useDevice(id)
  return (
    <Drawer open={id !== null} size={520} title={device.data?.data.name ?? t('detail.title')} onClose={onClose} destroyOnHidden>
      <ProblemNote error={device.error} onRetry={() => void device.refetch()} />
      {id !== null && device.data && <Known key={id} read={device.data} onClose={onClose} />}
    </Drawer>
  )
}

function Known({ read, onClose }: { read: Answer<GbDeviceDetail>; onClose: () => void }) {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const [editing, setEditing] = useState<Answer<GbDeviceDetail> | null>(null)
  const { start, busy, note } = useStartSync()
  const remove = useRemove(read, onClose)
  const device = read.data
  const quirks = Object.entries(device.quirks)
  const rows: [string, ReactNode][] = [
    [t('access.state'), <OnlineMark key="state" device={device} />],
    ...(device.offline_reason && !device.online ? [[t('access.why'), offlineWord(t, device.offline_reason)] as [string, ReactNode]] : []),
    [t('access.code'), <span key="code" className={css.mono}>{device.code}</span>],
    [t('access.kind'), t(`kind.${device.kind}`)],
    [t('access.version'), versionName(t, device.version) || f.number(null)],
    [t('access.address'), device.host ? <span key="at" className={css.mono}>{`${device.host}:${String(device.port ?? '')} ${(device.transport ?? '').toUpperCase()}`}</span> : f.number(null)],
    [t('access.zone'), device.zone ?? f.number(null)],
    [t('access.registered'), f.dateTime(device.registered_at)],
    [t('access.expires'), f.dateTime(device.expires_at)],
    [t('access.keepalive'), f.ago(device.keepalive_at)],
    [t('access.clock'), <ClockDifference key="clock" seconds={device.clock_difference} />],
    [t('access.maker'), [device.manufacturer, device.model, device.firmware].filter(Boolean).join(' ') || f.number(null)],
    [t('access.charset'), device.charset ?? f.number(null)],
    [t('access.password'), device.has_password ? t('access.passwordSet') : t('access.passwordNone')],
    [t('access.region'), device.region],
    [t('access.cameras'), device.platform_id ? <Link key="cameras" to={`/cameras?platform=${device.platform_id}`}>{t('access.seeCameras')}</Link> : f.number(null)],
  ]
  return (
    <>
      {can('gather.write') && (
        <p className={css.actions} style={{ marginBottom: 12 }}>
          <Button type="primary" disabled={!device.online} loading={busy} onClick={() => void start(device)}>{t('access.sync')}</Button>
          <Button onClick={() => setEditing(read)}>{t('access.edit')}</Button>
          <Button danger onClick={remove.ask}>{t('access.remove')}</Button>
        </p>
      )}
      {note}
      {remove.note}
      <dl className={css.facts}>
        {rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {!device.online && <><h3 className={css.section}>{t('own.title')}</h3><OwnAddress /></>}
      <h3 className={css.section}>{t('access.tells')}</h3>
      {device.subscriptions.length === 0 && <p className={css.faint}>{t('access.tellsNothing')}</p>}
      <dl className={css.facts}>
        {device.subscriptions.map((one) => (
          <div key={one.event}>
            <dt>{t(`event.${one.event}`)}</dt>
            <dd>{t(`subscription.${one.state}`)} <span className={css.faint}>{one.error ?? (one.renewed_at && f.ago(one.renewed_at))}</span></dd>
          </div>
        ))}
      </dl>
      <h3 className={css.section}>{t('detail.quirks')}</h3>
      {quirks.length === 0 && <p className={css.faint}>{t('detail.noQuirks')}</p>}
      <dl className={css.facts}>
        {quirks.map(([name, value]) => <div key={name}><dt>{quirkLabel(t, name)}</dt><dd className={css.mono}>{String(value)}</dd></div>)}
      </dl>
      <Syncs device={device} />
      {editing && <DeviceForm read={editing} onClose={() => setEditing(null)} />}
    </>
  )
}

function Syncs({ device }: { device: GbDevice }) {
  const t = useText(gatherText)
  const f = useFormat()
  const syncs = useSyncs({ device: device.id, limit: 5 })
  return (
    <>
      <h3 className={css.section}>{t('detail.syncs')}</h3>
      <ProblemNote error={syncs.error} />
      {syncs.data?.items.length === 0 && <p className={css.faint}>{t('detail.noSyncs')}</p>}
      <dl className={css.facts}>
        {syncs.data?.items.map((sync) => (
          <div key={sync.id}>
            <dt><SyncStateWord step={sync.step} /></dt>
            <dd><SyncProgress sync={sync} /> <span className={css.faint}>{f.ago(sync.started_at ?? sync.asked_at)}</span></dd>
          </div>
        ))}
      </dl>
    </>
  )
}

function useRemove({ data: device, etag }: Answer<GbDevice>, onGone: () => void) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const { message, modal } = App.useApp()
  const act = useAct()
  const ask = () =>
    void modal.confirm({
      title: t('access.removeTitle', { name: device.name || device.code }),
      content: t('access.removeText'),
      okText: t('access.remove'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: async () => {
        const went = await act.run(() => call('DELETE', `/gb28181/devices/${device.id}`, { ifMatch: etag ?? undefined }), ['gb-devices'])
        if (!went) return
        void message.success(t('access.removed', { name: device.name || device.code }))
        onGone()
      },
    })
  return { ask, note: <ProblemNote error={act.problem} /> }
}
