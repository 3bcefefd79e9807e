import type { Health, SyncState } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { useText } from '@/text/language'
import { gatherText } from './text'

const SHAPE: Record<SyncState, Health> = {
  asked: 'unknown', waiting: 'unknown', collecting: 'unknown', filing: 'unknown', complete: 'works', incomplete: 'bad', cancelled: 'unknown',
}

export function SyncStateWord({ state }: { state: SyncState }) {
  const t = useText(gatherText)
  return <span style={{ whiteSpace: 'nowrap' }}><span aria-hidden><HealthMark health={SHAPE[state]} /></span> {t(`state.${state}`)}</span>
}
