import { useQuery } from '@tanstack/react-query'
import { Tag } from 'antd'
import { Link } from 'react-router'
import { keptSelection } from '@/api/areas'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { camerasText } from '../text'

/** "These 312 cameras": the list is narrowed to a set that was chosen on the map, and what can be done with that set. */
export function SelectionMark({ id, onClear }: { id: string; onClear: () => void }) {
  const t = useText(camerasText)
  const f = useFormat()
  const can = useCan()
  const kept = useQuery({ queryKey: ['kept-selection', id], queryFn: ({ signal }) => keptSelection(id, signal), retry: false, staleTime: Infinity })
  if (kept.error) return <ProblemNote error={kept.error} />
  return (
    <>
      <Tag color="blue" closable onClose={onClear} title={kept.data && t('select.until', { when: f.dateTime(kept.data.expires_at) })}>
        {kept.data ? t('select.these', { n: f.number(kept.data.total) }) : '…'}
      </Tag>
      {kept.data && can('grants.request') && <Link to={`/video/grants/ask?selection=${id}`}>{t('select.askGrant')}</Link>}
      {kept.data && can('health.write') && <Link to={`/health/sweeps?selection=${id}`}>{t('select.checkNow')}</Link>}
    </>
  )
}
