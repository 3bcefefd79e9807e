import { PlusOutlined } from '@ant-design/icons'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { useDevices } from '@/api/gather'
import type { GbKind } from '@/api/types'
import { useCan } from '@/app/auth'
import { CamerasNav } from '@/pages/cameras/CamerasNav'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { DeviceDrawer } from './DeviceDrawer'
import { DeviceForm } from './DeviceForm'
import { DeviceTable } from './DeviceTable'
import css from './gather.module.css'
import { Refused } from './Refused'
import { gatherText } from './text'
import { ViidPanel } from './ViidPanel'

const KINDS: readonly GbKind[] = ['platform', 'device']

/** Devices and lower platforms that register with us: who is there, who is silent, and how a new one gets in. */
export default function AccessPage() {
  const t = useText(gatherText)
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const [q, setQ] = useState('')
  const [kind, setKind] = useState<GbKind>()
  const [online, setOnline] = useState<'true' | 'false'>()
  const f = useFormat()
  const [adding, setAdding] = useState<{ code?: string } | null>(null)
  const trail = useTrail()
  const devices = useDevices({ q, kind, online, after: trail.after, limit: 100 })
  // In the address, so that a device can be pointed to.
  const open = search.get('device')
  const show = (id: string | null) => setSearch(id === null ? {} : { device: id }, { replace: true })
  const filtered = q !== '' || kind !== undefined || online !== undefined

  return (
    <div className={css.page}>
      <PageHead title={t('access.title')} note={can('gather.write') ? t('access.note') : t('access.notAllowed')}>
        {can('gather.write') && <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding({})}>{t('access.add')}</Button>}
      </PageHead>
      <CamerasNav />
      <Panel flush>
        <div className={css.bar} role="search">
          <Input.Search
            allowClear
            style={{ width: 280 }}
            aria-label={t('access.search')}
            placeholder={t('access.search')}
            onSearch={(value) => { setQ(value.trim()); trail.restart() }}
          />
          <Select
            allowClear
            popupMatchSelectWidth={false}
            aria-label={t('access.kind')}
            placeholder={t('access.kind')}
            value={kind}
            options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
            onChange={(value: GbKind | undefined) => { setKind(value); trail.restart() }}
          />
          <Select
            allowClear
            popupMatchSelectWidth={false}
            aria-label={t('access.state')}
            placeholder={t('access.state')}
            value={online}
            options={[{ value: 'true', label: t('access.online') }, { value: 'false', label: t('access.offline') }]}
            onChange={(value: 'true' | 'false' | undefined) => { setOnline(value); trail.restart() }}
          />
        </div>
        {devices.data && <p className={css.tally}>{t('access.tally', { online: f.number(devices.data.online), total: f.number(devices.data.total) })}</p>}
        <ProblemNote error={devices.error} onRetry={() => void devices.refetch()} />
        <DeviceTable
          devices={devices.data?.items}
          loading={devices.isPending && !devices.error}
          filtered={filtered}
          onOpen={show}
          onAdd={() => setAdding({})}
        />
        <Pager trail={trail} next={devices.data?.next} />
      </Panel>
      <Refused onAdd={(code) => setAdding({ code })} />
      <div className={css.below}><ViidPanel /></div>
      {adding && <DeviceForm read={null} code={adding.code} onClose={() => setAdding(null)} onMade={show} />}
      <DeviceDrawer id={open} onClose={() => show(null)} />
    </div>
  )
}
