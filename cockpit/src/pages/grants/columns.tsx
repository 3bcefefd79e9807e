import { Tag, type TableColumnType } from 'antd'
import type { Action, CameraChoice, Grant, GrantRequest } from '@/api/grants'
import type { Format } from '@/text/format'
import css from './grants.module.css'
import { choiceWords, holderWords, limitWords, whenWords, type Say, type SayTag } from './words'

const GRANT_TONE: Record<Grant['state'], string> = { running: 'green', coming: 'blue', expired: 'default', revoked: 'red' }
const REQUEST_TONE: Record<GrantRequest['state'], string> = { asked: 'blue', approved: 'green', refused: 'red', withdrawn: 'default' }

interface Terms {
  cameras: CameraChoice
  actions: Action[]
  purposes: string[]
}

/** What grants and requests have in common. */
export function termColumns<T extends Terms>(t: Say, tag: SayTag, purposeName: (code: string) => string): TableColumnType<T>[] {
  return [
    { title: t('column.cameras'), key: 'cameras', width: 240, render: (_, row) => choiceWords(t, tag, row.cameras) },
    { title: t('column.actions'), key: 'actions', width: 190, render: (_, row) => row.actions.map((action) => t(`action.${action}`)).join('、') },
    { title: t('column.purposes'), key: 'purposes', width: 170, render: (_, row) => (row.purposes.length === 0 ? t('purposes.any') : row.purposes.map(purposeName).join('、')) },
  ]
}

export const grantColumns = (t: Say, f: Format, tag: SayTag, purposeName: (code: string) => string): TableColumnType<Grant>[] => [
  { title: t('column.holder'), key: 'holder', width: 190, render: (_, row) => holderWords(t, row) },
  ...termColumns<Grant>(t, tag, purposeName),
  { title: t('column.when'), key: 'when', width: 210, render: (_, row) => whenWords(t, f, row) },
  { title: t('column.limits'), key: 'limits', width: 150, render: (_, row) => limitWords(t, row.limits) },
  { title: t('column.by'), key: 'by', width: 130, render: (_, row) => <>{row.granted_by_name || '—'}<span className={css.sub}>{row.basis}</span></> },
  { title: t('column.state'), key: 'state', width: 90, render: (_, row) => <Tag color={GRANT_TONE[row.state]}>{t(`state.${row.state}`)}</Tag> },
]

export const requestColumns = (t: Say, f: Format, tag: SayTag, purposeName: (code: string) => string): TableColumnType<GrantRequest>[] => [
  { title: t('column.asked'), key: 'asked', width: 160, render: (_, row) => f.dateTime(row.asked_at) },
  { title: t('column.person'), key: 'person', width: 150, render: (_, row) => <>{row.person_name}<span className={css.sub}>{row.organisation}</span></> },
  ...termColumns<GrantRequest>(t, tag, purposeName),
  { title: t('column.when'), key: 'when', width: 190, render: (_, row) => whenWords(t, f, row) },
  { title: t('column.reason'), key: 'reason', width: 200, render: (_, row) => row.reason },
  {
    title: t('column.state'), key: 'state', width: 160,
    render: (_, row) => (
      <>
        <Tag color={REQUEST_TONE[row.state]}>{t(`request.${row.state}`)}</Tag>
        {row.decided_words && <span className={css.sub}>{row.decided_by_name}：{row.decided_words}</span>}
      </>
    ),
  },
]
