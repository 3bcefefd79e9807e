import type { ReactNode } from 'react'
import css from './Page.module.css'

/** The head of a desk page: title, what it is about, and its actions on the right. */
export function PageHead({ title, note, children }: { title: ReactNode; note?: ReactNode; children?: ReactNode }) {
  return (
    <header className={css.head}>
      <div className={css.titles}>
        <h1>{title}</h1>
        {note && <div className={css.note}>{note}</div>}
      </div>
      {children && <div className={css.actions}>{children}</div>}
    </header>
  )
}

/** A titled box on a desk page. */
export function Panel({ title, note, actions, children, flush = false }: {
  title?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  children: ReactNode
  flush?: boolean
}) {
  return (
    <section className={css.panel} data-flush={flush || undefined}>
      {(title ?? actions) && (
        <header className={css.panelHead}>
          <h2>{title}</h2>
          {note && <span className={css.note}>{note}</span>}
          <div className={css.actions}>{actions}</div>
        </header>
      )}
      {children}
    </section>
  )
}
