import type { CaseState } from '@/api/types'
import { useText } from '@/text/language'
import css from './cases.module.css'
import { casesText, stateName } from './text'

export function StateTag({ state }: { state: CaseState }) {
  const t = useText(casesText)
  return <span className={css.tag} data-state={state}>{stateName(t, state)}</span>
}
