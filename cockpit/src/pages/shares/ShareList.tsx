import { App, Button, Tag } from 'antd'
import { useState } from 'react'
import { call } from '@/api/client'
import { useChoiceCount, useShares, type Share, type UpperPlatform } from '@/api/shares'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { ShareForm } from './ShareForm'
import css from './shares.module.css'
import { sharesText } from './text'

const READS = ['shares', 'upper', 'uppers', 'upper-shown'] as const

/** What is shared with an upper platform, each part with its count and rights. */
export function ShareList({ upper }: { upper: UpperPlatform }) {
  const t = useText(sharesText)
  const p = useText(partsText)
  const can = useCan()
  const { modal, notification } = App.useApp()
  const act = useAct()
  const shares = useShares(upper.id)
  const [editing, setEditing] = useState<Share | 'new' | null>(null)
  const restore = async ({ name, selection, rights, naming, enabled }: Share) =>
    act.run(() => call('POST', `/upper-platforms/${upper.id}/shares`, { body: { name, selection, rights, naming, enabled } }), READS)
  const remove = (share: Share) =>
    void modal.confirm({
      title: t('share.removeTitle', { name: share.name }),
      content: t('share.removeText'),
      okText: t('remove'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: async () => {
        if (!(await act.run(() => call('DELETE', `/shares/${share.id}`), READS))) return
        const key = share.id
        notification.success({
          key,
          title: t('share.removed', { name: share.name }),
          actions: <Button size="small" onClick={() => { notification.destroy(key); void restore(share) }}>{t('share.undo')}</Button>,
          duration: 15,
        })
      },
    })
  const add = can('shares.write') && <Button type="primary" onClick={() => setEditing('new')}>{t('share.add')}</Button>
  return (
    <>
      <ProblemNote error={act.problem ?? shares.error} />
      {shares.data?.items.length === 0 && <Teach title={t('share.emptyTitle')} action={add}>{t('share.emptyText')}</Teach>}
      {shares.data?.items.map((share) => (
        <div key={share.id} className={css.share}>
          <span>
            <strong>{share.name}</strong> {!share.enabled && <Tag>{t('share.disabled')}</Tag>}
            {share.rights.map((right) => <Tag key={right} color="blue">{t(`right.${right}`)}</Tag>)}
            <Held share={share} />
          </span>
          {can('shares.write') && (
            <span className={css.actions}>
              <Button size="small" onClick={() => setEditing(share)}>{t('edit')}</Button>
              <Button size="small" danger onClick={() => remove(share)}>{t('remove')}</Button>
            </span>
          )}
        </div>
      ))}
      {shares.data && shares.data.items.length > 0 && <p style={{ marginTop: 12 }}>{add}</p>}
      {editing && <ShareForm upper={upper.id} share={editing === 'new' ? null : editing} reads={READS} onClose={() => setEditing(null)} />}
    </>
  )
}

function Held({ share }: { share: Share }) {
  const t = useText(sharesText)
  const f = useFormat()
  const { data } = useChoiceCount(share.selection, true)
  return <span className={css.sub}>{data ? t('share.count', { cameras: f.number(data.cameras), online: f.number(data.online) }) : t('share.counting')}</span>
}
