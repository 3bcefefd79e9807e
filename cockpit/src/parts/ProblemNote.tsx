import { Alert, Button } from 'antd'
import { Problem, problemFacts } from '@/api/problem'
import { useText } from '@/text/language'
import css from './ProblemNote.module.css'
import { partsText } from './text'

/** Says what was refused and by which rule, in the person's language; renders nothing without an error. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useText(partsText)
  if (error == null) return null
  const retry = onRetry && <Button size="small" onClick={onRetry}>{t('problem.retry')}</Button>
  if (!(error instanceof Problem)) {
    const message = error instanceof Error ? error.message : JSON.stringify(error)
    return <Alert className={css.note} type="error" title={t('problem.unexpected', { message })} action={retry} />
  }
  if (error.status === 0) return <Alert className={css.note} type="warning" title={t('problem.noAnswer')} action={retry} />
  const facts = problemFacts(error.document)
  return (
    <Alert
      className={css.note}
      type="error"
      role="alert"
      title={error.document.detail ?? error.document.title ?? error.message}
      description={
        facts.length > 0 && (
          <dl className={css.facts}>
            {facts.map(({ label, value }) => (
              <div key={label}>
                <dt>{t(`problem.${label}`)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )
      }
      action={retry}
    />
  )
}
