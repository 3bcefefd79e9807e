import { Progress } from 'antd'
import { isLively } from '@/api/gather'
import type { Sync } from '@/api/types'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { gatherText } from './text'

/** How much of a catalogue has come and, while it runs, how long it will still take. */
export function SyncProgress({ sync, wide = false }: { sync: Sync; wide?: boolean }) {
  const t = useText(gatherText)
  const f = useFormat()
  const words =
    sync.expected === null
      ? t('sync.receivedOnly', { received: f.number(sync.received) })
      : t('sync.received', { received: f.number(sync.received), expected: f.number(sync.expected) })
  if (!wide) return <span>{words}</span>
  const share = sync.progress ?? (sync.expected ? sync.received / sync.expected : null)
  return (
    <>
      <Progress percent={Math.round(Math.min(1, share ?? 0) * 1000) / 10} status={isLively(sync) ? 'active' : 'normal'} format={() => (share === null ? '' : f.percent(share, 0))} />
      <p className={css.faint}>
        {words}
        {sync.remaining_seconds !== null && ` · ${t('sync.remaining', { time: f.seconds(sync.remaining_seconds) })}`}
      </p>
    </>
  )
}
