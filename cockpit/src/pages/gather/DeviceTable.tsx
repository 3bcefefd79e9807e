import { Button, Table } from 'antd'
import type { GbDevice } from '@/api/types'
import { useCan } from '@/app/auth'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ClockDifference } from './ClockDifference'
import css from './gather.module.css'
import { OnlineMark } from './OnlineMark'
import { OwnAddress } from './OwnAddress'
import { gatherText, offlineWord, versionName } from './text'
import { useStartSync } from './useStartSync'

interface Props {
  devices: readonly GbDevice[] | undefined
  loading: boolean
  filtered: boolean
  onOpen: (id: string) => void
  onAdd: () => void
}

export function DeviceTable({ devices, loading, filtered, onOpen, onAdd }: Props) {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const { start, note } = useStartSync()
  const empty = filtered ? (
    <Teach title={t('access.emptyFound')}>{t('access.emptyFoundText')}</Teach>
  ) : (
    <Teach title={t('access.emptyTitle')} action={can('gather.write') && <Button type="primary" onClick={onAdd}>{t('access.add')}</Button>}>
      <p>{t('access.emptyText')}</p>
      <OwnAddress />
    </Teach>
  )
  return (
    <>
      {note}
      <Table<GbDevice>
        size="small"
        rowKey="id"
        dataSource={devices ?? []}
        loading={loading}
        pagination={false}
        scroll={{ x: 1180 }}
        locale={{ emptyText: devices ? empty : <p style={{ padding: 24 }} /> }}
        columns={[
          { title: t('access.state'), key: 'state', width: 130, render: (_, one) => <><OnlineMark device={one} />{!one.online && one.offline_reason && one.registered_at && <span className={css.sub}>{offlineWord(t, one.offline_reason)}</span>}</> },
          {
            title: t('access.name'),
            key: 'name',
            render: (_, one) => (
              <>
                <button type="button" className={css.link} onClick={() => onOpen(one.id)}>{one.name || one.code}</button>
                <span className={`${css.sub} ${css.mono}`}>{one.code}</span>
              </>
            ),
          },
          { title: t('access.kind'), key: 'kind', width: 100, render: (_, one) => t(`kind.${one.kind}`) },
          { title: t('access.version'), key: 'version', width: 90, render: (_, one) => versionName(t, one.version) },
          {
            title: t('access.address'),
            key: 'address',
            width: 190,
            render: (_, one) => (
              <>
                {one.host ? <span className={css.mono}>{`${one.host}:${String(one.port ?? '')} ${(one.transport ?? '').toUpperCase()}`}</span> : f.number(null)}
                {one.zone && <span className={css.sub}>{one.zone}</span>}
              </>
            ),
          },
          { title: t('access.keepalive'), key: 'keepalive', width: 110, render: (_, one) => <span title={f.dateTime(one.keepalive_at)}>{f.ago(one.keepalive_at)}</span> },
          { title: t('access.clock'), key: 'clock', width: 110, render: (_, one) => <ClockDifference seconds={one.clock_difference} /> },
          { title: t('access.maker'), key: 'maker', width: 150, ellipsis: true, render: (_, one) => [one.manufacturer, one.model].filter(Boolean).join(' ') },
          { title: t('access.cameras'), key: 'cameras', width: 84, align: 'right', render: (_, one) => f.number(one.cameras) },
          ...(can('gather.write')
            ? [{
                title: '',
                key: 'actions',
                width: 136,
                render: (_: unknown, one: GbDevice) => (
                  <span className={css.actions}>
                    <Button size="small" disabled={!one.online} onClick={() => void start(one)}>{t('access.sync')}</Button>
                  </span>
                ),
              }]
            : []),
        ]}
      />
    </>
  )
}
