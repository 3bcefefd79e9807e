import { App, Button, Input, Modal, Table } from 'antd'
import { useState } from 'react'
import { useChannels } from '@/api/cases'
import { call } from '@/api/client'
import type { NoticeChannel } from '@/api/types'
import { Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from '../cases.module.css'
import { ChannelForm } from './ChannelForm'
import { noticesText } from './text'

const READS = ['notice-channels', 'notice-deliveries'] as const

/** Ways out of the platform: how each is, a test, and what is put aside on it. */
export function Channels() {
  const t = useText(noticesText)
  const p = useText(partsText)
  const { modal, message } = App.useApp()
  const act = useAct()
  const channels = useChannels()
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const add = <Button type="primary" size="small" onClick={() => setAdding(true)}>{t('channels.add')}</Button>

  const change = (channel: NoticeChannel, body: object) =>
    act.run(async () => {
      const { etag } = await call<NoticeChannel>('GET', `/notices/channels/${channel.id}`)
      await call('PATCH', `/notices/channels/${channel.id}`, { body, ifMatch: etag ?? undefined })
    }, READS)
  const test = (channel: NoticeChannel) =>
    act.run(async () => {
      await call('POST', `/notices/channels/${channel.id}/test`)
      void message.info(t('channels.tested'))
    }, READS)
  const renew = (channel: NoticeChannel) =>
    void modal.confirm({
      title: t('channels.secret'), content: t('channels.secretText'), okText: t('channels.secret'), cancelText: p('common.cancel'),
      onOk: () => act.run(async () => setSecret((await call<{ secret: string }>('POST', `/notices/channels/${channel.id}/secret`)).data.secret)),
    })
  const remove = (channel: NoticeChannel) =>
    void modal.confirm({
      title: t('channels.removeTitle', { name: channel.name }), content: t('channels.removeText', { n: channel.waiting }),
      okText: t('channels.remove'), okButtonProps: { danger: true }, cancelText: p('common.cancel'),
      onOk: () => act.run(() => call('DELETE', `/notices/channels/${channel.id}`), READS),
    })

  return (
    <Panel title={t('channels.title')} note={t('channels.note')} actions={add} flush>
      <ProblemNote error={act.problem ?? channels.error} />
      <Table<NoticeChannel>
        size="small"
        rowKey="id"
        dataSource={channels.data?.items ?? []}
        loading={channels.isPending && !channels.error}
        pagination={false}
        scroll={{ x: 900 }}
        locale={{ emptyText: <Teach title={t('channels.none')} action={add}>{t('channels.teach')}</Teach> }}
        columns={[
          { title: t('form.name'), key: 'name', render: (_, one) => <>{one.name}<span className={css.sub}>{t(`kind.${one.kind}`)} · {one.to?.join(', ') ?? one.url ?? one.topic}</span></> },
          { title: t('deliveries.state'), key: 'state', width: 300, render: (_, one) => <How channel={one} /> },
          {
            title: '', key: 'actions', width: 380,
            render: (_, one) => (
              <span className={css.acts}>
                <Button size="small" disabled={!one.enabled} onClick={() => void test(one)}>{t('channels.test')}</Button>
                <Button size="small" onClick={() => void change(one, { enabled: !one.enabled })}>{t(one.enabled ? 'channels.disable' : 'channels.enable')}</Button>
                {one.kind === 'webhook' && <Button size="small" onClick={() => renew(one)}>{t('channels.secret')}</Button>}
                <Button size="small" onClick={() => remove(one)}>{t('channels.remove')}</Button>
              </span>
            ),
          },
        ]}
      />
      {adding && <ChannelForm onMade={setSecret} onClose={() => setAdding(false)} />}
      {secret !== null && <Secret secret={secret} onClose={() => setSecret(null)} />}
    </Panel>
  )
}

function How({ channel }: { channel: NoticeChannel }) {
  const t = useText(noticesText)
  const f = useFormat()
  const [now] = useState(() => Date.now())
  const down = channel.down_until !== null && Date.parse(channel.down_until) > now
  const word = !channel.enabled
    ? t('channels.state.off')
    : down
      ? t('channels.state.down', { time: f.time(channel.down_until, true) })
      : channel.sent_at || channel.error ? (channel.error ? '' : t('channels.state.well')) : t('channels.state.new')
  return (
    <>
      {word}
      <span className={css.sub}>{t('channels.counts', { waiting: f.number(channel.waiting), dead: f.number(channel.dead) })}</span>
      {channel.error && <span className={`${css.sub} ${css.late}`}>{channel.error}</span>}
    </>
  )
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const t = useText(noticesText)
  return (
    <Modal open title={t('secret.title')} closable={false} mask={{ closable: false }} keyboard={false} footer={<Button type="primary" onClick={onClose}>{t('secret.done')}</Button>}>
      <Input.TextArea readOnly autoSize value={secret} aria-label={t('secret.title')} onFocus={(event) => event.target.select()} />
      <p style={{ marginTop: 8 }}>{t('secret.text')}</p>
    </Modal>
  )
}
