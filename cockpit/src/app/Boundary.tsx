import { Component, type ErrorInfo, type ReactNode } from 'react'
import { useText } from '@/text/language'
import { appText } from './text'
import css from './Plain.module.css'

interface State {
  error: Error | null
}

/** Keeps a fault in one page from taking the whole frame away, and says what can be done. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    reportError(new Error(`${error.message}${info.componentStack ?? ''}`, { cause: error }))
  }

  override render(): ReactNode {
    return this.state.error ? <Crash error={this.state.error} /> : this.props.children
  }
}

function Crash({ error }: { error: Error }) {
  const t = useText(appText)
  return (
    <div className={css.plain} role="alert">
      <h1>{t('crash.title')}</h1>
      <p>{t('crash.text')}</p>
      <code>{error.message}</code>
      <button type="button" onClick={() => window.location.reload()}>{t('crash.reload')}</button>
    </div>
  )
}
