import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { sayLook, type Look, type LookState, type OrderDetail, type OrderMember } from '@/api/maintenance'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useText } from '@/text/language'
import css from './firm.module.css'
import { MapLink } from './FirmOrder'
import { firmText } from './text'

const FOUND = ['well', 'faulty', 'unreachable'] as const

/** A round: camera by camera, what was found. What is wrong becomes an order of its own. */
export function Looks({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const members = new Map(one.members.map((member) => [member.id, member]))
  const done = one.looks.filter((look) => look.state !== 'open').length
  return (
    <section className={css.box}>
      <h2>{t('round.title')} · {t('round.progress', { done, all: one.looks.length })}</h2>
      {one.checklist.length > 0 && (
        <>
          <p className={css.faint}>{t('round.checklist')}</p>
          <ul className={css.first}>{one.checklist.map((line) => <li key={line}>{line}</li>)}</ul>
        </>
      )}
      {one.looks.map((look) => {
        const member = members.get(look.camera)
        return member && <One key={look.camera} order={one.id} look={look} member={member} fixed={one.state !== 'assigned'} />
      })}
    </section>
  )
}

function One({ order, look, member, fixed }: { order: string; look: Look; member: OrderMember; fixed: boolean }) {
  const t = useText(firmText)
  const act = useAct()
  const queries = useQueryClient()
  const [asking, setAsking] = useState<LookState | null>(null)
  const [words, setWords] = useState(look.words)
  const say = (state: LookState) =>
    void act.run(async () => {
      const next = await sayLook(order, look.camera, { state, words: state === 'well' ? '' : words.trim() })
      queries.setQueryData(['my-orders', order], next)
      setAsking(null)
    })
  return (
    <article className={css.member} data-well={look.state === 'well'}>
      <header>
        <div>
          <b>{member.name}</b>
          <div className={css.faint}>{[member.region.name, member.address, look.words].filter(Boolean).join(' · ')}</div>
        </div>
        <MapLink member={member} />
      </header>
      <div className={css.looks}>
        {FOUND.map((state) => (
          <button key={state} type="button" disabled={fixed || act.busy} aria-pressed={(asking ?? look.state) === state} onClick={() => (state === 'well' ? say(state) : setAsking(state))}>
            {t(`round.${state}`)}
          </button>
        ))}
      </div>
      {asking !== null && (
        <div className={css.field}>
          <textarea rows={2} maxLength={500} aria-label={t('round.words')} placeholder={t('round.words')} value={words} onChange={(event) => setWords(event.target.value)} />
          <button type="button" className={css.plain} disabled={act.busy || words.trim() === ''} onClick={() => say(asking)}>{t('round.save')}</button>
        </div>
      )}
      <ProblemNote error={act.problem} />
    </article>
  )
}
