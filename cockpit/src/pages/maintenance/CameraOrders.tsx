import { Link } from 'react-router'
import { useCameraMaintenance } from '@/api/maintenance'
import { useCan } from '@/app/auth'
import { StateTag } from '@/pages/cases/StateTag'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './maintenance.module.css'
import { maintenanceText } from './text'

const SHOWN = 5

/** Of one camera: planned windows that are open or coming, and its latest orders; nothing when there are none. */
export function CameraOrders({ id }: { id: string }) {
  const t = useText(maintenanceText)
  const f = useFormat()
  const can = useCan()
  const found = useCameraMaintenance(id, can('maintenance.read')).data
  if (!found || (found.orders.length === 0 && found.windows.length === 0)) return null
  return (
    <Panel title={t('title')} flush>
      <div className={css.pad}>
        {found.windows.map((one) => (
          <p key={one.id}><b>{t('tab.windows')}</b> · {t(`window.${one.state}`)} · {one.reason}<span className={css.sub}>{f.dateTime(one.starts_at)} – {f.dateTime(one.ends_at)}</span></p>
        ))}
        {found.orders.slice(0, SHOWN).map((one) => (
          <p key={one.id}>
            <Link to={`/health/maintenance/orders/${one.id}`}>#{one.number} {one.title}</Link> <StateTag state={one.state} />
            <span className={css.sub}>{[f.dateTime(one.opened_at), one.assignee?.name].filter(Boolean).join(' · ')}</span>
          </p>
        ))}
      </div>
    </Panel>
  )
}
