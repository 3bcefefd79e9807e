import { Button, Segmented, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useDeliveries } from '@/api/cases'
import { call } from '@/api/client'
import type { NoticeDelivery } from '@/api/types'
import { Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../cases.module.css'
import { noticesText } from './text'

const STATES = ['', 'waiting', 'sent', 'dead'] as const
type Shown = (typeof STATES)[number]

/** What became of each notice on a channel; what was put aside can be sent again, under the same key. */
export function Deliveries() {
  const t = useText(noticesText)
  const f = useFormat()
  const act = useAct()
  const trail = useTrail()
  const [state, setState] = useState<Shown>('')
  const deliveries = useDeliveries({ state, after: trail.after, limit: 20 })
  const again = (one: NoticeDelivery) => act.run(() => call('POST', `/notices/deliveries/${one.id}/again`), ['notice-deliveries', 'notice-channels'])
  const word = (event: string) => {
    const key = `event.${event.replace('case.', '')}`
    return key in noticesText.zh ? t(key as keyof typeof noticesText.zh) : event
  }
  return (
    <Panel
      title={t('deliveries.title')} flush
      actions={
        <Segmented<Shown>
          size="small" aria-label={t('deliveries.state')} value={state}
          options={STATES.map((value) => ({ value, label: value === '' ? t('deliveries.all') : t(`deliveries.state.${value}`) }))}
          onChange={(value) => { setState(value); trail.restart() }}
        />
      }
    >
      <ProblemNote error={act.problem ?? deliveries.error} />
      <Table<NoticeDelivery>
        size="small"
        rowKey="id"
        dataSource={deliveries.data?.items ?? []}
        loading={deliveries.isPending && !deliveries.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('deliveries.none')}>{t('deliveries.teach')}</Teach> }}
        columns={[
          { title: t('deliveries.state'), key: 'state', width: 90, render: (_, one) => <span className={one.state === 'dead' ? css.late : undefined}>{t(`deliveries.state.${one.state}`)}</span> },
          { title: t('deliveries.channel'), key: 'channel', width: 180, render: (_, one) => one.channel_name },
          { title: t('deliveries.what'), key: 'what', render: (_, one) => (one.case_id ? <Link to={`/cases/${one.case_id}`}>#{one.number} {word(one.type)} · {one.title}</Link> : t('deliveries.test')) },
          { title: t('deliveries.attempts'), key: 'attempts', width: 70, align: 'right', render: (_, one) => f.number(one.attempts) },
          { title: t('deliveries.when'), key: 'when', width: 170, render: (_, one) => <>{f.dateTime(one.settled_at ?? one.created_at)}{one.state === 'waiting' && one.attempts > 0 && <span className={css.sub}>{t('deliveries.next', { time: f.time(one.due_at, true) })}</span>}</> },
          { title: t('deliveries.error'), key: 'error', width: 260, render: (_, one) => <span className={css.sub}>{one.error}</span> },
          { title: '', key: 'again', width: 90, render: (_, one) => one.state === 'dead' && <Button size="small" loading={act.busy} onClick={() => void again(one)}>{t('deliveries.again')}</Button> },
        ]}
      />
      <Pager trail={trail} next={deliveries.data?.next} />
    </Panel>
  )
}
