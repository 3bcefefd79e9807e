import type { GbDevice } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { useText } from '@/text/language'
import { gatherText } from './text'

/** Registered and heard from lately, silent, or never seen: in shape, colour and word. */
export function OnlineMark({ device }: { device: Pick<GbDevice, 'online' | 'registered_at'> }) {
  const t = useText(gatherText)
  const [health, word] = device.online
    ? (['works', 'access.online'] as const)
    : device.registered_at
      ? (['offline', 'access.offline'] as const)
      : (['unknown', 'access.never'] as const)
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <span aria-hidden><HealthMark health={health} /></span> {t(word)}
    </span>
  )
}
