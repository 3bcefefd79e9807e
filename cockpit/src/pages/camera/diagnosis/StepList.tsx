import type { DiagnosisStep, Health } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { useText } from '@/text/language'
import { deviceText } from '../device/text'
import css from './diagnosis.module.css'

const SHAPE: Record<DiagnosisStep['state'], Health> = { ok: 'works', failed: 'offline', unknown: 'unknown', skipped: 'unknown' }

/** How far it got: each step with its shape, its word and what was seen. */
export function StepList({ steps }: { steps: readonly DiagnosisStep[] }) {
  const t = useText(deviceText)
  return (
    <ol className={css.steps}>
      {steps.map((step) => (
        <li key={step.code} data-state={step.state}>
          <span aria-hidden><HealthMark health={SHAPE[step.state]} /></span>
          <span>{step.name}</span>
          <span className={css.hint}>{step.detail ?? t(`step.${step.state}`)}</span>
        </li>
      ))}
    </ol>
  )
}
