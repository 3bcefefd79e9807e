import { App } from 'antd'
import { Link } from 'react-router'
import { call } from '@/api/client'
import type { GbDevice } from '@/api/types'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import { gatherText } from './text'

/** Starts a catalogue sync and says where it can be followed. */
export function useStartSync() {
  const t = useText(gatherText)
  const { message } = App.useApp()
  const act = useAct()
  const start = async (device: Pick<GbDevice, 'id' | 'name' | 'code'>) => {
    const went = await act.run(() => call('POST', `/gb28181/devices/${device.id}/sync`), ['syncs', 'gb-device'])
    if (went) {
      void message.success({
        content: <>{t('access.syncing', { name: device.name || device.code })} <Link to="/cameras/sync">{t('access.open')}</Link></>,
        duration: 5,
      })
    }
  }
  return { start, busy: act.busy, note: <ProblemNote error={act.problem} /> }
}
