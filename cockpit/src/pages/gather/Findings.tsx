import type { Finding } from '@/api/types'
import { useFormat } from '@/text/format'
import { useLanguage, useText } from '@/text/language'
import css from './gather.module.css'
import { gatherText } from './text'

/** What a sync came across that a person should know; worded by the platform. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  const t = useText(gatherText)
  const f = useFormat()
  const { language } = useLanguage()
  if (findings.length === 0) return <p className={css.faint}>{t('sync.noFindings')}</p>
  return (
    <ul className={css.findings}>
      {findings.map((finding, index) => {
        const text = finding[language] ?? finding.code
        return <li key={`${finding.code}-${index}`}>{finding.count == null ? text : t('sync.findingCount', { text, n: f.number(finding.count) })}</li>
      })}
    </ul>
  )
}
