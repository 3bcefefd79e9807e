import { App, Button, Drawer, Input, Modal, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { call, path } from '@/api/client'
import { useExemptCameras, useExemption, useExemptionEffect, useExemptionHistory, type ExemptCamera, type Exemption } from '@/api/exemptions'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { UNKNOWN, useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import { localOf, momentOf } from '../moments'
import css from '../told.module.css'
import { Effect } from './Effect'
import { exemptionsText, type ExemptionsKey } from './text'

const READS = ['exemptions', 'summary', 'health']
const DAY = 86_400_000

/** One exemption: what it asks for and would do, the decision, its cameras and its history. */
export function OneExemption({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText(exemptionsText)
  const f = useFormat()
  const pick = useBilingual()
  const one = useExemption(id)
  const effect = useExemptionEffect(id)
  const held = one.data?.data
  return (
    <Drawer open size={680} title={held ? t('one.title', { n: held.number }) : ''} onClose={onClose} loading={one.isPending}>
      <ProblemNote error={one.error} />
      {held && (
        <div className={css.stack}>
          <div>
            <strong>{pick({ zh: held.kind_zh, en: held.kind_en })}</strong> · {t(`phase.${held.phase}`)}
            <p>{held.words}</p>
            <p>{t('span', { from: f.dateTime(held.starts_at), to: f.dateTime(held.ends_at) })}</p>
            <p className={css.faint}>{t('one.by', { name: held.asked_by_name, unit: held.organisation || UNKNOWN, at: f.dateTime(held.asked_at) })}</p>
            {held.decided_at && <p className={css.faint}>{t('one.decided', { name: held.decided_by_name ?? '', at: f.dateTime(held.decided_at), words: held.decided_words ?? '' })}</p>}
            {held.file_name && <a href={path(`/exemptions/${id}/file`)} download>{t('one.evidence')}: {held.file_name}</a>}
          </div>
          {held.extension && <p className={css.warn}>{t('extension', { to: f.dateTime(held.extension.to) })}：{held.extension.words}（{held.extension.by_name}）</p>}
          {held.phase === 'asked' && effect.data && <Effect found={effect.data} />}
          <Decide held={held} etag={one.data?.etag ?? undefined} />
          <h3>{t('one.history')}</h3>
          <History id={id} />
          <h3>{t('one.cameras', { n: f.number(held.total) })}</h3>
          <Members id={id} />
        </div>
      )}
    </Drawer>
  )
}

function Decide({ held, etag }: { held: Exemption; etag: string | undefined }) {
  const t = useText(exemptionsText)
  const can = useCan()
  const { message } = App.useApp()
  const act = useAct()
  const [words, setWords] = useState('')
  const [asking, setAsking] = useState<'end' | 'extend' | null>(null)
  const waits = held.phase === 'asked' || held.extension !== null
  const own = held.extension ? held.extension.mine : held.mine
  const live = held.phase === 'coming' || held.phase === 'running'
  const go = async (what: string, body: object) => {
    if (await act.run(() => call('POST', `/exemptions/${held.id}/${what}`, { body, ifMatch: etag }), READS)) void message.success(t('one.done'))
  }
  return (
    <>
      {waits && can('exemptions.approve') && own && <p className={css.warn}>{t(held.extension ? 'one.ownExtension' : 'one.own')}</p>}
      {waits && can('exemptions.approve') && !own && (
        <>
          <Input.TextArea rows={2} maxLength={1000} aria-label={t('one.decide')} placeholder={t('one.decide')} value={words} onChange={(event) => setWords(event.target.value)} />
          <div className={css.row}>
            <Button type="primary" loading={act.busy} disabled={!etag} onClick={() => void go('approve', { words })}>{t('one.approve')}</Button>
            <Button danger loading={act.busy} disabled={!etag || words.trim().length < 4} onClick={() => void go('refuse', { words })}>{t('one.refuse')}</Button>
            {words.trim().length < 4 && <span className={css.faint}>{t('one.refuseWhy')}</span>}
          </div>
        </>
      )}
      <div className={css.row}>
        {held.phase === 'asked' && held.mine && can('exemptions.write') && <Button loading={act.busy} onClick={() => void go('withdraw', {})}>{t('one.withdraw')}</Button>}
        {live && can('exemptions.write') && <Button onClick={() => setAsking('extend')}>{t('one.extend')}</Button>}
        {live && can('exemptions.write') && <Button danger onClick={() => setAsking('end')}>{t('one.end')}</Button>}
      </div>
      <ProblemNote error={act.problem} />
      {asking && <Ask held={held} what={asking} busy={act.busy} onClose={() => setAsking(null)} onSend={(body) => { setAsking(null); void go(asking, body) }} />}
    </>
  )
}

function Ask({ held, what, busy, onClose, onSend }: { held: Exemption; what: 'end' | 'extend'; busy: boolean; onClose: () => void; onSend: (body: object) => void }) {
  const t = useText(exemptionsText)
  const f = useFormat()
  const [words, setWords] = useState('')
  const [to, setTo] = useState(() => localOf(new Date(new Date(held.ends_at).getTime() + 7 * DAY)))
  const moment = momentOf(to)
  const send = () => onSend(what === 'end' ? { words } : { words, to: moment })
  return (
    <Modal open title={t(`one.${what}`)} okText={t(`one.${what}`)} cancelText={t('cancel')} confirmLoading={busy} okButtonProps={{ disabled: words.trim().length < 4 || moment === undefined, danger: what === 'end' }} onOk={send} onCancel={onClose}>
      <div className={css.stack}>
        {what === 'end' && <p>{t('one.endText', { n: f.number(held.total) })}</p>}
        {what === 'extend' && <label>{t('one.extendTo')} <Input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} /></label>}
        <Input.TextArea rows={2} maxLength={1000} aria-label={t(`one.${what}Why`)} placeholder={t(`one.${what}Why`)} value={words} onChange={(event) => setWords(event.target.value)} />
      </div>
    </Modal>
  )
}

function History({ id }: { id: string }) {
  const t = useText(exemptionsText)
  const f = useFormat()
  const found = useExemptionHistory(id)
  return (
    <ul className={css.history}>
      {(found.data?.items ?? []).map((one) => (
        <li key={`${one.at} ${one.what}`}>{f.dateTime(one.at)} {one.by_name} {t(`what.${one.what}` as ExemptionsKey)} <span className={css.faint}>{one.words}</span></li>
      ))}
    </ul>
  )
}

function Members({ id }: { id: string }) {
  const t = useText(exemptionsText)
  const trail = useTrail()
  const found = useExemptCameras(id, { after: trail.after, limit: 50 })
  return (
    <>
      <Table<ExemptCamera>
        size="small" rowKey="id" pagination={false} loading={found.isPending} dataSource={found.data?.items ?? []}
        columns={[
          { title: t('column.code'), dataIndex: 'code', width: 180 },
          { title: t('column.name'), key: 'name', ellipsis: true, render: (_, one) => <Link to={`/cameras/${one.id}`}>{one.name}</Link> },
          { title: t('column.health'), key: 'health', width: 110, render: (_, one) => <HealthMark health={one.health} /> },
        ]}
      />
      <Pager trail={trail} next={found.data?.next} />
    </>
  )
}
