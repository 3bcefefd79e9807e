import { Typography } from 'antd'
import { useSystem } from '@/api/queries'
import { useCan } from '@/app/auth'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { ownAddresses } from './own'
import { gatherText } from './text'

/** What to enter on a device so that it finds us, ready to copy. */
export function OwnAddress() {
  const t = useText(gatherText)
  const can = useCan()
  const system = useSystem(can('system.read'))
  if (!system.data) return null
  const own = ownAddresses(system.data.processes)
  if (!own) return <p>{t('own.none')}</p>
  return (
    <>
      {own.zones.map((zone) => (
        <dl key={zone.name} className={`${css.facts} ${css.own}`}>
          {own.zones.length > 1 && <Row name={t('access.zone')} value={zone.name} />}
          <Row name={t('own.id')} value={own.id} />
          <Row name={t('own.domain')} value={own.domain} />
          <Row name={t('own.address')} value={zone.address} />
          <Row name={t('own.port')} value={String(zone.port)} />
          <div><dt>{t('own.user')}</dt><dd>{t('own.userText')}</dd></div>
        </dl>
      ))}
      {own.zones.every((zone) => zone.loopback) && <p>{t('own.loopback')}</p>}
    </>
  )
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd><Typography.Text copyable className={css.mono}>{value}</Typography.Text></dd>
    </div>
  )
}
