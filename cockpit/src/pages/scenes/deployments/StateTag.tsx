import type { DeploymentState } from '@/api/deployments'
import { useText } from '@/text/language'
import css from './deployments.module.css'
import { deploymentsText } from './text'

export function StateTag({ state }: { state: DeploymentState }) {
  const t = useText(deploymentsText)
  return <span className={css.tag} data-state={state}>{t(`state.${state}`)}</span>
}
