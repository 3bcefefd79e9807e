import { useEffect, useRef } from 'react'
import type { Diagnosis } from '@/api/types'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './diagnosis.module.css'
import { since } from './read'

const IN = '←'
const OUT = '→'

/** The messages between platform and device in the order they crossed, each with its arrow and the wait before it. */
export function Ladder({ steps }: { steps: Diagnosis['ladder'] }) {
  const t = useText(deviceText)
  const f = useFormat()
  const list = useRef<HTMLOListElement>(null)
  // What happened last is what one came to see.
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight
  }, [steps])
  return (
    <div className={css.ladder}>
      <p className={css.ends}><span /><span>{t('diagnosis.us')}</span><span>{t('diagnosis.them')}</span></p>
      <ol ref={list}>
        {steps.map((step, index) => {
          const wait = since(steps, index)
          // Asking for a password is how a registration begins, no failure.
          const failed = /^SIP\/2\.0 (?!401|407)[456]/.test(step.line)
          return (
            <li key={`${step.at}-${index}`} data-way={step.direction} data-failed={failed || undefined}>
              <time dateTime={step.at} title={f.dateTime(step.at)}>{wait === null ? f.time(step.at, true) : `+${f.seconds(wait / 1000)}`}</time>
              <span className={css.arrow} aria-hidden>{step.direction === 'in' ? IN : OUT}</span>
              <span className={css.mono}>{step.line}</span>
            </li>
          )
        })}
      </ol>
    </div>
  )
}
