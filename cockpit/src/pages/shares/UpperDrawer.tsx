import { Alert, App, Button, Drawer, Tabs } from 'antd'
import { useState, type ReactNode } from 'react'
import { call, type Answer } from '@/api/client'
import { useUpper, type UpperPlatform } from '@/api/shares'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { Preview } from './Preview'
import { ShareList } from './ShareList'
import css from './shares.module.css'
import { StateMark } from './StateMark'
import { Streams } from './Streams'
import { sharesText } from './text'
import { UpperForm } from './UpperForm'

/** One upper platform, beside the list it was chosen from. */
export function UpperDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const t = useText(sharesText)
  const upper = useUpper(id)
  return (
    <Drawer open={id !== null} size={760} title={upper.data?.data.name ?? t('title')} onClose={onClose} destroyOnHidden>
      <ProblemNote error={upper.error} onRetry={() => void upper.refetch()} />
      {id !== null && upper.data && <Known key={id} read={upper.data} onClose={onClose} />}
    </Drawer>
  )
}

function Known({ read, onClose }: { read: Answer<UpperPlatform>; onClose: () => void }) {
  const t = useText(sharesText)
  const p = useText(partsText)
  const f = useFormat()
  const can = useCan()
  const { message, modal } = App.useApp()
  const act = useAct()
  const [editing, setEditing] = useState<Answer<UpperPlatform> | null>(null)
  const upper = read.data
  const again = async () => {
    if (await act.run(() => call('POST', `/upper-platforms/${upper.id}/register`), ['uppers', 'upper'])) void message.success(t('againDone'))
  }
  const remove = () =>
    void modal.confirm({
      title: t('removeTitle', { name: upper.name }),
      content: t('removeText', { streams: f.number(upper.streams), shares: f.number(upper.shares) }),
      okText: t('remove'),
      okButtonProps: { danger: true },
      cancelText: p('common.cancel'),
      onOk: async () => {
        if (!(await act.run(() => call('DELETE', `/upper-platforms/${upper.id}`, { ifMatch: read.etag ?? undefined }), ['uppers']))) return
        void message.success(t('removed', { name: upper.name }))
        onClose()
      },
    })
  return (
    <>
      <p><StateMark upper={upper} long /></p>
      {can('shares.write') && (
        <p className={css.actions}>
          <Button onClick={() => setEditing(read)}>{t('edit')}</Button>
          <Button loading={act.busy} disabled={!upper.enabled} onClick={() => void again()}>{t('again')}</Button>
          <Button danger onClick={remove}>{t('remove')}</Button>
        </p>
      )}
      <ProblemNote error={act.problem} />
      {upper.loops > 0 && <Alert type="warning" showIcon title={t('loops', { n: f.number(upper.loops) })} />}
      {upper.mutual && <Alert type="info" showIcon title={t('mutual')} />}
      <Tabs
        items={[
          { key: 'shares', label: t('tab.shares'), children: <ShareList upper={upper} /> },
          { key: 'preview', label: t('tab.preview'), children: <Preview upper={upper.id} /> },
          { key: 'streams', label: t('tab.streams'), children: <Streams upper={upper.id} /> },
          { key: 'facts', label: t('tab.facts'), children: <Facts upper={upper} /> },
        ]}
      />
      {editing && <UpperForm read={editing} onClose={() => setEditing(null)} />}
    </>
  )
}

function Facts({ upper }: { upper: UpperPlatform }) {
  const t = useText(sharesText)
  const f = useFormat()
  const { mask, resolution } = upper.limits
  const limits = [mask ? t(`mask.${mask}`) : '', resolution ? t('limit.lines', { n: resolution }) : ''].filter(Boolean).join(' · ')
  const now = f.number(upper.streams)
  const rows: [string, ReactNode][] = [
    [t('fact.code'), <span key="code" className={css.mono}>{upper.code}</span>],
    [t('fact.organisation'), upper.organisation || f.number(null)],
    [t('fact.address'), <span key="at" className={css.mono}>{`${upper.host}:${String(upper.port)} ${upper.transport.toUpperCase()}`}</span>],
    [t('fact.zone'), upper.zone],
    [t('fact.own'), upper.own_code ? <span key="own" className={css.mono}>{upper.own_code}</span> : t('fact.ownPlain')],
    [t('fact.version'), upper.version === '3.0' ? '2022' : '2016'],
    [t('fact.registered'), f.dateTime(upper.registered_at)],
    [t('fact.expires'), f.dateTime(upper.expires_at)],
    [t('fact.keepalive'), f.ago(upper.keepalive_at)],
    [t('fact.streams'), upper.streams_most ? t('fact.streamsOf', { now, most: f.number(upper.streams_most) }) : t('fact.streamsFree', { now })],
    [t('fact.kbits'), upper.kbits_most ? t('fact.kbitsValue', { n: f.number(upper.kbits_most) }) : t('fact.unlimited')],
    [t('fact.media'), upper.media_networks.length > 0 ? <span key="media" className={css.mono}>{upper.media_networks.join(' ')}</span> : t('fact.mediaAny')],
    [t('fact.limits'), limits || t('fact.limitsNone')],
    [t('fact.password'), upper.has_password ? t('fact.passwordSet') : t('fact.passwordNone')],
  ]
  return <dl className={css.facts}>{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}
