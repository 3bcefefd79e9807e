import { App, Button } from 'antd'
import { call } from '@/api/client'
import type { Sync } from '@/api/types'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './gather.module.css'
import { gatherText } from './text'

/** The finding that so much was missing from a complete catalogue that a person has to confirm it. */
const MANY_MISSING = 'catalog.sync_many_missing'

/** What a sync came across that a person should know; worded by the platform. */
export function Findings({ sync }: { sync: Sync }) {
  const t = useText(gatherText)
  const p = useText(partsText)
  const f = useFormat()
  const pick = useBilingual()
  const can = useCan()
  const { message, modal } = App.useApp()
  const act = useAct()
  const mark = (count: number | null) =>
    void modal.confirm({
      title: t('sync.markTitle', { n: f.number(count) }),
      content: t('sync.markText'),
      okText: t('sync.mark'),
      cancelText: p('common.cancel'),
      onOk: () =>
        act.run(async () => {
          const { data } = await call<{ vanished: number }>('POST', `/syncs/${sync.id}/vanish`)
          void message.success(t('sync.marked', { n: f.number(data.vanished) }))
        }, ['syncs', 'vanished']),
    })
  return (
    <>
      <ProblemNote error={act.problem} />
      <ul className={css.findings}>
        {sync.findings.map((finding, index) => (
          <li key={`${finding.code}-${index}`}>
            {pick(finding)}{' '}
            {finding.code === MANY_MISSING && can('gather.write') && (
              <Button size="small" loading={act.busy} onClick={() => mark(finding.count)}>{t('sync.mark')}</Button>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}
