import { useState } from 'react'
import { Link } from 'react-router'
import { useMyOrders, type OrderItem } from '@/api/maintenance'
import { useAuth, useMe } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './firm.module.css'
import { firmText } from './text'
import { useOnline } from './useOnline'

/** A firm's own orders on a telephone: what is late first, each with where, what and until when. */
export default function FirmPage() {
  const t = useText(firmText)
  const me = useMe()
  const { logout } = useAuth()
  const [ended, setEnded] = useState(false)
  const found = useMyOrders(ended)
  const online = useOnline()
  const items = found.data?.items ?? []
  return (
    <main className={css.page}>
      <header className={css.head}>
        <h1>{t('title')}</h1>
        <button type="button" onClick={() => void found.refetch()}>{t('refresh')}</button>
        <button type="button" onClick={() => void logout()}>{t('logout')}</button>
      </header>
      {!online && <p className={css.note} role="status">{t('offline')}</p>}
      <div className={css.tabs} role="group" aria-label={t('title')}>
        <button type="button" aria-pressed={!ended} onClick={() => setEnded(false)}>{t('list.todo')}</button>
        <button type="button" aria-pressed={ended} onClick={() => setEnded(true)}>{t('list.ended')}</button>
      </div>
      <ProblemNote error={online ? found.error : null} onRetry={() => void found.refetch()} />
      <div className={css.list}>
        {items.map((one) => <Card key={one.id} one={one} />)}
        {found.isSuccess && items.length === 0 && (
          <p className={css.note}>
            <b>{t(me.organisation ? 'list.none' : 'list.noUnit')}</b>
            <br />
            {t(ended ? 'list.ended.none' : 'list.none.text')}
          </p>
        )}
      </div>
    </main>
  )
}

function Card({ one }: { one: OrderItem }) {
  const t = useText(firmText)
  const live = one.state === 'assigned' || one.state === 'open'
  return (
    <Link to={`/m/${one.id}`} className={css.card} data-late={one.overdue} data-taken={one.taken_at !== null}>
      <strong>{one.place}</strong>
      <div className={css.line}>
        <span>#{one.number} {one.title}</span>
        <span>{one.region.name ?? one.region.code}</span>
      </div>
      <div className={css.line}>
        {live ? <Due one={one} /> : <span>{one.state === 'handled' ? t(one.recheck === 'asked' ? 'checking' : 'handled') : t(`state.${one.state}`)}</span>}
        {one.taken_name && <span>{t('act.taken', { name: one.taken_name })}</span>}
      </div>
    </Link>
  )
}

/** Until when, in words: to be taken first, then to be repaired. */
export function Due({ one }: { one: OrderItem }) {
  const t = useText(firmText)
  const f = useFormat()
  const [now] = useState(() => Date.now())
  const short = (iso: string) => f.dateTime(iso).slice(5, -3)
  if (one.overdue && one.deadline_at) return <span className={css.late}>{t('late', { time: f.seconds((now - Date.parse(one.deadline_at)) / 1000) })}</span>
  if (one.taken_at === null && one.respond_at) return <span className={Date.parse(one.respond_at) < now ? css.late : undefined}>{t('respond', { time: short(one.respond_at) })}</span>
  return one.deadline_at ? <span>{t('due', { time: short(one.deadline_at) })}</span> : <span />
}
