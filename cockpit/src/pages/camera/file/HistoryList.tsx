import { Tag } from 'antd'
import { useHistory, type Change } from '@/api/records'
import { useFieldName } from '@/pages/health/records/words'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { fileText } from './text'

/** Who changed which field, when, from what to what, and why. */
export function HistoryList({ id }: { id: string }) {
  const t = useText(fileText)
  const trail = useTrail()
  const history = useHistory(id, trail.after)
  return (
    <>
      <ProblemNote error={history.error} onRetry={() => void history.refetch()} />
      {history.data?.items.length === 0 && <p>{t('history.none')}</p>}
      <ul style={{ listStyle: 'none', padding: 0 }}>
        {(history.data?.items ?? []).map((change, place) => <Line key={`${change.at} ${change.field} ${place}`} change={change} />)}
      </ul>
      <Pager trail={trail} next={history.data?.next} />
    </>
  )
}

function Line({ change }: { change: Change }) {
  const t = useText(fileText)
  const f = useFormat()
  const name = useFieldName()
  const said = (value: string | null) => (value === null || value === '' ? t('history.empty') : value)
  return (
    <li style={{ marginBottom: 8, overflowWrap: 'anywhere' }}>
      <small>{f.dateTime(change.at)} · {t(`source.${change.source}`)} {change.who}</small>
      <br />
      <Tag>{name(change.field)}</Tag>
      {change.field === 'password' ? t('history.secret') : <>{said(change.was)} → <strong>{said(change.became)}</strong></>}
      {change.why && <><br /><small>{change.why}</small></>}
    </li>
  )
}
