import { Button, Space, Table } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { lookNow, useFaulty, type Faulty } from '@/api/diagnosis'
import { useCan } from '@/app/auth'
import { Pager, useTrail } from '@/parts/Pager'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './diagnosis.module.css'
import { Evidence } from './Evidence'
import { NormalHere } from './NormalHere'
import { diagnosisText } from './text'
import { useItems } from './useItems'

/** Cameras whose picture is faulty, those that went bad last first. */
export function Faults({ region, item }: { region: string | undefined; item: string | undefined }) {
  const t = useText(diagnosisText)
  const f = useFormat()
  const may = useCan()('health.write')
  const { items } = useItems()
  const trail = useTrail()
  const read = useFaulty(region, item, trail.after)
  const act = useAct()
  const [asked, setAsked] = useState<ReadonlySet<string>>(new Set())
  const [normal, setNormal] = useState<Faulty | null>(null)
  const told = normal && items.get(normal.item)
  const look = (id: string) =>
    act.run(async () => {
      await lookNow([id])
      setAsked((before) => new Set([...before, id]))
    })
  if (read.data?.items.length === 0 && trail.cursors.length === 0) return <Teach title={t('faults.none')}>{t('faults.noneText')}</Teach>
  return (
    <>
      <ProblemNote error={read.error ?? act.problem} />
      <Table<Faulty>
        size="small"
        rowKey={(one) => `${one.camera_id} ${one.item}`}
        loading={read.isPending && !read.error}
        dataSource={read.data?.items ?? []}
        pagination={false}
        scroll={{ x: 980 }}
        columns={[
          {
            title: t('faults.camera'),
            key: 'camera',
            width: 240,
            render: (_, one) => (
              <>
                <Link to={`/cameras/${one.camera_id}`}>{one.name}</Link>
                <div className={css.faint}>{[one.region_name ?? one.region, one.address].filter(Boolean).join(' · ')}</div>
              </>
            ),
          },
          { title: t('faults.item'), key: 'item', width: 110, render: (_, one) => items.get(one.item)?.name ?? one.item },
          {
            title: t('faults.score'),
            key: 'score',
            width: 120,
            align: 'right',
            render: (_, one) => `${items.get(one.item)?.score(one.score) ?? one.score} / ${items.get(one.item)?.score(one.threshold) ?? one.threshold}`,
          },
          { title: t('faults.since'), key: 'since', width: 110, render: (_, one) => <span title={f.dateTime(one.since)}>{f.ago(one.since)}</span> },
          {
            title: t('faults.evidence'),
            key: 'evidence',
            width: 200,
            render: (_, one) => (one.has_evidence ? <Evidence camera={one.camera_id} item={one.item} at={one.evidence_at} /> : <span className={css.faint}>{t('evidence.none')}</span>),
          },
          { title: t('faults.next'), key: 'next', render: (_, one) => <span className={css.next}>{items.get(one.item)?.next}</span> },
          {
            key: 'acts',
            width: 170,
            align: 'right',
            render: (_, one) =>
              may && (
                <Space size={4} wrap>
                  {asked.has(one.camera_id)
                    ? <span className={css.faint}>{t('faults.looked')}</span>
                    : <Button size="small" onClick={() => void look(one.camera_id)}>{t('faults.look')}</Button>}
                  <Button size="small" onClick={() => setNormal(one)}>{t('normal.do')}</Button>
                </Space>
              ),
          },
        ]}
      />
      <Pager trail={trail} next={read.data?.next} />
      {normal && told && (
        <NormalHere camera={{ id: normal.camera_id, name: normal.name }} told={told} score={normal.score} threshold={normal.threshold} onClose={() => setNormal(null)} />
      )}
    </>
  )
}
