import { Alert, Button, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { searchTraits, useCollectingCameras, useTraitRows, type Trait, type TraitSearch } from '@/api/traits'
import { useCan } from '@/app/auth'
import { startOfDay } from '@/parts/day'
import { HowKnown } from '@/parts/HowKnown'
import { className } from '@/parts/names'
import { PageHead, Panel } from '@/parts/Page'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { partsText } from '@/parts/text'
import { useAct } from '@/parts/useAct'
import { useSettled } from '@/parts/useSettled'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import page from '../scenes.module.css'
import { ScenesNav } from '../ScenesNav'
import { askedOf, type Wish } from './asked'
import { ColourName } from './Colours'
import css from './search.module.css'
import { SearchForm } from './SearchForm'
import { searchText } from './text'

/** Finds vehicles and people that passed: with a reason, under a grant, registered before the first row. */
export default function SearchPage() {
  const t = useText(searchText)
  const can = useCan()
  const [words, setWords] = useState('')
  const [made, setMade] = useState<TraitSearch>()
  const cameras = useCollectingCameras(useSettled(words, 300))
  const act = useAct()
  const search = (wish: Wish) => void act.run(async () => setMade(await searchTraits(askedOf(wish, new Date()))))
  const nobody = cameras.data?.items.length === 0 && words === ''
  return (
    <div className={page.page}>
      <PageHead title={t('title')} note={t('note')} />
      <ScenesNav />
      <ProblemNote error={cameras.error} onRetry={() => void cameras.refetch()} />
      {nobody && (
        <Teach title={t('none')} action={can('analysis.write') && <Link to="/scenes/kind/traits"><Button type="primary">{t('none.open')}</Button></Link>}>
          {t('none.text')}
        </Teach>
      )}
      {!nobody && cameras.data && (
        <Panel>
          <SearchForm cameras={cameras.data.items} busy={act.busy} problem={act.problem} onSearch={search} onWords={setWords} />
        </Panel>
      )}
      {made && <div className={css.results}><Results key={made.id} made={made} /></div>}
    </div>
  )
}

function Results({ made }: { made: TraitSearch }) {
  const t = useText(searchText)
  const p = useText(partsText)
  const f = useFormat()
  const can = useCan()
  const trail = useTrail()
  const rows = useTraitRows(made.id, trail.after)
  const columns = [
    { key: 'at', title: t('col.at'), render: (_: unknown, one: Trait) => f.dateTime(one.began_at) },
    { key: 'camera', title: t('col.camera'), render: (_: unknown, one: Trait) => <Link to={`/cameras/${one.camera_id}`}>{one.camera_name}</Link> },
    { key: 'kind', title: t('col.kind'), render: (_: unknown, one: Trait) => className(p, one.kind) },
    {
      key: 'colours',
      title: <>{t('col.colours')} <HowKnown name={t('col.colours')} basis={{ definition: t('how.colour') }} /></>,
      render: (_: unknown, one: Trait) => <Colours trait={one} />,
    },
    {
      key: 'plate',
      title: <>{t('col.plate')} <HowKnown name={t('col.plate')} basis={{ definition: t('how.plate') }} /></>,
      render: (_: unknown, one: Trait) => one.plate && (
        <span title={t('plate.score', { n: f.percent(one.plate_score, 0) })}>
          <span className={css.plate}>{one.plate}</span> {one.plate_colour && <ColourName colour={one.plate_colour} />}
        </span>
      ),
    },
    ...(can('recordings.read')
      ? [{ key: 'watch', title: t('col.watch'), render: (_: unknown, one: Trait) => <Link to={recordingOf(one)}>{t('watch')}</Link> }]
      : []),
  ]
  return (
    <Panel>
      <Alert className={css.said} type="info" showIcon title={t('going', { n: made.cameras, at: f.time(made.expires_at) })} />
      <ProblemNote error={rows.error} />
      {rows.data?.items.length === 0 && <Teach title={t('empty')}>{t('empty.text')}</Teach>}
      {rows.data && rows.data.items.length > 0 && (
        <Table<Trait> size="small" rowKey="id" pagination={false} columns={columns} dataSource={rows.data.items} />
      )}
      <Pager trail={trail} next={rows.data?.next} />
    </Panel>
  )
}

/** The recording of the moment, on the region's day. */
function recordingOf(one: Trait): string {
  const day = startOfDay(new Date(one.began_at)).slice(0, 10)
  return `/video/playback?${new URLSearchParams({ camera: one.camera_id, day, at: one.began_at }).toString()}`
}

function Colours({ trait }: { trait: Trait }) {
  const t = useText(searchText)
  const f = useFormat()
  const title = t('share', { n: f.percent(trait.colour_share, 0) })
  if (trait.kind !== 'person') return trait.colour && <span title={title}><ColourName colour={trait.colour} /></span>
  return (
    <span title={title}>
      {trait.upper && <>{t('upper.short')} <ColourName colour={trait.upper} /> </>}
      {trait.lower && <>{t('lower.short')} <ColourName colour={trait.lower} /></>}
    </span>
  )
}
