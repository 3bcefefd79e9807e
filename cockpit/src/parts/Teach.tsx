import type { ReactNode } from 'react'
import css from './Teach.module.css'

/** An empty state: says what is missing and what to do next. */
export function Teach({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.teach}>
      <p className={css.title}>{title}</p>
      {children && <div className={css.text}>{children}</div>}
      {action}
    </div>
  )
}
