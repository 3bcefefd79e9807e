import { Input, Segmented } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { useCameras } from '@/api/queries'
import { useFavourites } from '@/api/walls'
import { asQuery, isEmpty, withFilter, type Filters } from '@/pages/cameras/filters'
import { Trees } from '@/pages/cameras/Trees'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useSettled } from '@/parts/useSettled'
import { useText } from '@/text/language'
import { CameraList, type Picked } from './CameraList'
import css from './Source.module.css'
import { wallText } from './text'

type Which = 'find' | 'marked' | 'given'
const LISTED = 200

/** Where the pictures of a wall come from: the trees and the search, one's favourites, or the set one came with. */
export function Source({ given, ...picked }: Picked & { given: Filters }) {
  const t = useText(wallText)
  const [which, setWhich] = useState<Which>(isEmpty(given) ? 'find' : 'given')
  return (
    <aside className={css.source} aria-label={t('source.label')}>
      <div className={css.head}>
        <Segmented<Which>
          block
          size="small"
          aria-label={t('source.which')}
          value={which}
          options={[
            { value: 'find', label: t('source.find') },
            { value: 'marked', label: t('source.marked') },
            ...(isEmpty(given) ? [] : [{ value: 'given' as const, label: t('source.given') }]),
          ]}
          onChange={setWhich}
        />
      </div>
      {which === 'find' && <Find {...picked} />}
      {which === 'marked' && <Marked {...picked} />}
      {which === 'given' && <Listed filters={given} {...picked} />}
    </aside>
  )
}

function Find(picked: Picked) {
  const t = useText(wallText)
  const [filters, setFilters] = useState<Filters>({})
  const [words, setWords] = useState('')
  const q = useSettled(words.trim(), 300)
  return (
    <>
      <div className={css.search}>
        <Input.Search allowClear size="small" placeholder={t('source.search')} aria-label={t('source.search')} value={words} onChange={({ target }) => setWords(target.value)} />
      </div>
      <div className={css.tree}><Trees filters={filters} onChange={setFilters} /></div>
      <Listed filters={withFilter(filters, 'q', q || undefined)} {...picked} />
    </>
  )
}

function Listed({ filters, ...picked }: Picked & { filters: Filters }) {
  const t = useText(wallText)
  const cameras = useCameras({ ...asQuery(filters), sort: 'name', limit: LISTED })
  return (
    <>
      <ProblemNote error={cameras.error} onRetry={() => void cameras.refetch()} />
      {cameras.data?.items.length === 0 && <Teach title={t('source.none')}>{t('source.noneText')}</Teach>}
      <CameraList items={cameras.data?.items ?? []} more={Boolean(cameras.data?.next)} {...picked} />
    </>
  )
}

function Marked(picked: Picked) {
  const t = useText(wallText)
  const marked = useFavourites()
  return (
    <>
      <ProblemNote error={marked.error} onRetry={() => void marked.refetch()} />
      {marked.data?.items.length === 0 && <Teach title={t('source.noMarked')} action={<Link to="/cameras">{t('source.toCameras')}</Link>}>{t('source.noMarkedText')}</Teach>}
      <CameraList items={marked.data?.items ?? []} more={false} {...picked} />
    </>
  )
}
