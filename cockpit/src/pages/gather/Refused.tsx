import { Button, Table } from 'antd'
import { useRefused } from '@/api/gather'
import type { RefusedRegistration } from '@/api/types'
import { useCan } from '@/app/auth'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './gather.module.css'
import { gatherText, refusedWord } from './text'

/** Who tried to register and was turned away: how a device that is set up wrongly, or not on file yet, shows itself. */
export function Refused({ onAdd }: { onAdd: (code: string) => void }) {
  const t = useText(gatherText)
  const f = useFormat()
  const can = useCan()
  const items = useRefused(can('gather.write')).data?.items ?? []
  if (items.length === 0) return null
  return (
    <div className={css.below}>
      <Panel title={t('refused.title')} note={t('refused.note')} flush>
        <Table<RefusedRegistration>
          size="small"
          rowKey={(one) => `${one.code}-${one.host}-${one.port}`}
          dataSource={items}
          pagination={false}
          scroll={{ x: 900, y: 260 }}
          columns={[
            { title: t('access.code'), key: 'code', width: 200, render: (_, one) => <span className={css.mono}>{one.code}</span> },
            { title: t('access.address'), key: 'from', width: 180, render: (_, one) => <span className={css.mono}>{`${one.host}:${one.port}`}</span> },
            { title: t('refused.why'), key: 'why', render: (_, one) => refusedWord(t, one.why) },
            { title: t('refused.count'), key: 'count', width: 90, align: 'right', render: (_, one) => f.number(one.count) },
            { title: t('refused.last'), key: 'at', width: 120, render: (_, one) => <span title={f.dateTime(one.at)}>{f.ago(one.at)}</span> },
            {
              title: '',
              key: 'add',
              width: 100,
              render: (_, one) => one.why === 'unknown' && <span className={css.actions}><Button size="small" onClick={() => onAdd(one.code)}>{t('refused.add')}</Button></span>,
            },
          ]}
        />
      </Panel>
    </div>
  )
}
