import type { Health, SyncStep } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { useText } from '@/text/language'
import { gatherText } from './text'

const SHAPE: Record<SyncStep, Health> = {
  asked: 'unknown', waiting: 'unknown', collecting: 'unknown', filing: 'unknown', complete: 'works', incomplete: 'bad', cancelled: 'unknown',
}

export function SyncStateWord({ step }: { step: SyncStep }) {
  const t = useText(gatherText)
  return <span style={{ whiteSpace: 'nowrap' }}><span aria-hidden><HealthMark health={SHAPE[step]} /></span> {t(`state.${step}`)}</span>
}
