import { App, Button } from 'antd'
import { call } from '@/api/client'
import type { Sync } from '@/api/types'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { SyncProgress } from './SyncProgress'
import { SyncStateWord } from './SyncStateWord'
import { gatherText } from './text'

/** Catalogues coming in now; the page may be left, they go on. */
export function RunningSyncs({ syncs }: { syncs: readonly Sync[] }) {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const { message } = App.useApp()
  const act = useAct()
  const cancel = async (sync: Sync) => {
    if (await act.run(() => call('POST', `/syncs/${sync.id}/cancel`), ['syncs'])) void message.info(t('sync.cancelled'))
  }
  return (
    <Panel title={t('sync.running')} note={t('sync.leave')} flush>
      <ProblemNote error={act.problem} />
      <ul className={css.runs}>
        {syncs.map((sync) => (
          <li key={sync.id} className={css.run}>
            <h3 title={sync.device_code}>{sync.device_name}</h3>
            <SyncProgress sync={sync} wide />
            <footer>
              <SyncStateWord step={sync.step} />
              <span>{sync.due_at ? t('sync.due', { time: f.ago(sync.due_at) }) : sync.attempt > 1 ? t('sync.attempt', { n: f.number(sync.attempt) }) : f.ago(sync.started_at ?? sync.asked_at)}</span>
              {can('gather.write') && <Button size="small" disabled={act.busy} onClick={() => void cancel(sync)}>{t('sync.cancel')}</Button>}
            </footer>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
