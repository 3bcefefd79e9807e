import { Table, type TableColumnType } from 'antd'
import { Link } from 'react-router'
import type { Candidate, Demand, Found } from '@/api/demands'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { HowKnown } from '@/parts/HowKnown'
import { Panel } from '@/parts/Page'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './demands.module.css'
import { demandsText } from './text'

const PAGE = 20

interface Choosing {
  chosen: readonly string[]
  onChoose: (ids: string[]) => void
}

/** What a need was matched to: points with their cameras, cameras with what they lack, compute. */
export function FoundPart({ demand, found, choosing }: { demand: Demand; found: Found; choosing?: Choosing | undefined }) {
  const t = useText(demandsText)
  const f = useFormat()
  const asOf = demand.matched_at
  const sums: readonly (readonly [string, string, string])[] = [
    ...(found.points.length > 0 ? [[t('sum.saved'), `${f.number(found.saved)} / ${f.number(found.points.length)}`, t('sum.saved.how')] as const] : []),
    [t('sum.chosen'), f.number(found.chosen.length), t('sum.chosen.how')],
    [t('sum.reused'), f.number(found.reused), t('sum.reused.how')],
    [t('sum.cores'), f.number(found.cores, 2), t('sum.cores.how', { n: f.number(found.free, 1) })],
  ]
  return (
    <Panel title={t('part.found')} note={asOf && t('matched', { at: f.dateTime(asOf) })}>
      <dl className={css.sums}>
        {sums.map(([name, value, definition]) => <div key={name}><dt>{name}<HowKnown name={name} basis={{ definition, asOf }} /></dt><dd>{value}</dd></div>)}
      </dl>
      {found.points.length > 0 && <Points found={found} />}
      <Cameras found={found} choosing={choosing} />
    </Panel>
  )
}

function Points({ found }: { found: Found }) {
  const t = useText(demandsText)
  const f = useFormat()
  const named = new Map(found.cameras.map((one) => [one.id, one.name]))
  const columns: TableColumnType<Found['points'][number]>[] = [
    { title: t('part.points'), key: 'name', width: 220, dataIndex: 'name' },
    {
      title: t('point.camera'), key: 'offers',
      render: (_, point) =>
        point.offers.length === 0
          ? <span className={css.bad}>{point.unknown > 0 ? t('point.none.unknown', { n: point.unknown }) : t('point.none')}</span>
          : point.offers.map((offer) => (
            <div key={offer.camera}><Link to={`/cameras/${offer.camera}`}>{named.get(offer.camera)}</Link> <span className={css.hint}>{t('point.share', { share: f.percent(offer.share, 0), metres: f.number(offer.metres) })}</span></div>
          )),
    },
  ]
  return <Table size="small" rowKey={(one) => one.at.join()} columns={columns} dataSource={found.points} pagination={false} />
}

function Cameras({ found, choosing }: { found: Found; choosing?: Choosing | undefined }) {
  const t = useText(demandsText)
  const f = useFormat()
  const can = useCan()
  const columns: TableColumnType<Candidate>[] = [
    { title: t('part.cameras'), key: 'name', render: (_, one) => <><HealthMark health={one.health} /> <Link to={`/cameras/${one.id}`}>{one.name}</Link></> },
    { title: t('col.scene'), key: 'scene', width: 140, render: (_, one) => <span className={one.scene === 'running' ? css.good : undefined}>{t(`scene.${one.scene}`)}</span> },
    {
      title: t('lack'), key: 'lack',
      render: (_, one) => (
        <span className={css.lacks}>
          {one.missing.map((lack) => <span key={lack}>{t(`lack.${lack}`)}</span>)}
          {one.missing.some((lack) => lack === 'drawn' || lack === 'ground') && can('analysis.write') && <Link to={`/scenes/tune/${one.id}`}>{t('lack.tune')}</Link>}
        </span>
      ),
    },
    { title: t('cores'), key: 'cores', width: 110, align: 'right', render: (_, one) => f.number(one.cores, 3) },
  ]
  return (
    <Table<Candidate>
      size="small" rowKey="id" columns={columns} dataSource={found.cameras} pagination={found.cameras.length > PAGE ? { pageSize: PAGE } : false}
      {...(choosing ? { rowSelection: { selectedRowKeys: [...choosing.chosen], onChange: (keys: React.Key[]) => choosing.onChoose(keys.map(String)) } } : {})}
    />
  )
}
