import { Button, Table } from 'antd'
import { useState } from 'react'
import { undoThreshold, useThresholdChanges, type DiagnosisItem, type Phase } from '@/api/diagnosis'
import { useCan } from '@/app/auth'
import { camerasText, vocabulary } from '@/pages/cameras/text'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './diagnosis.module.css'
import { diagnosisText } from './text'
import { ThresholdForm } from './ThresholdForm'
import type { Told } from './useItems'

export const THRESHOLD_READS = ['diagnosis-items', 'diagnosis-thresholds', 'diagnosis-preview'] as const

/** Thresholds as they hold, by kind of camera and light; a person who may can change them and take changes back. */
export function Thresholds({ list, items }: { list: readonly DiagnosisItem[]; items: ReadonlyMap<string, Told> }) {
  const t = useText(diagnosisText)
  const c = useText(camerasText)
  const may = useCan()('health.write')
  const [chosen, setChosen] = useState<Told | null>(null)
  const limits = (item: DiagnosisItem, phase: Phase) => {
    const told = items.get(item.code)
    return item.limits.filter((one) => one.phase === phase).map((one) => (
      <div key={one.kind} className={css.limit} data-changed={one.changed || undefined}>
        <b>{told?.score(one.value)}</b>
        {one.kind !== '' && <span>{vocabulary(c, 'kind', one.kind)}</span>}
        {one.changed && <span className={css.faint}>{t('limits.shipped', { value: told?.score(one.shipped) ?? '' })}</span>}
      </div>
    ))
  }
  return (
    <>
      <Table<DiagnosisItem>
        size="small"
        rowKey="code"
        dataSource={[...list]}
        pagination={false}
        scroll={{ x: 820 }}
        columns={[
          {
            title: t('limits.item'),
            key: 'name',
            render: (_, one) => (
              <>
                {items.get(one.code)?.name}
                <div className={css.faint}>{items.get(one.code)?.definition}</div>
              </>
            ),
          },
          { title: '', key: 'worse', width: 170, render: (_, one) => <span className={css.faint}>{t(`limits.worse.${one.worse}`)} · {t('limits.looks', { n: one.looks })}</span> },
          { title: t('limits.day'), key: 'day', width: 150, render: (_, one) => limits(one, 'day') },
          { title: t('limits.night'), key: 'night', width: 150, render: (_, one) => limits(one, 'night') },
          { key: 'acts', width: 90, align: 'right', render: (_, one) => may && <Button size="small" onClick={() => setChosen(items.get(one.code) ?? null)}>{t('limits.change')}</Button> },
        ]}
      />
      {chosen && <ThresholdForm told={chosen} onClose={() => setChosen(null)} />}
    </>
  )
}

/** Who changed what, each with its way back. */
export function ThresholdChanges({ items }: { items: ReadonlyMap<string, Told> }) {
  const t = useText(diagnosisText)
  const c = useText(camerasText)
  const f = useFormat()
  const may = useCan()('health.write')
  const act = useAct()
  const read = useThresholdChanges()
  const found = read.data?.data.items ?? []
  if (read.data && found.length === 0) return <p className={css.faint}>{t('changes.none')}</p>
  return (
    <>
      <ProblemNote error={read.error ?? act.problem} />
      <ul className={css.changes}>
        {found.map((one) => {
          const told = items.get(one.item)
          const words = [
            told?.name ?? one.item,
            one.kind === '' ? t('limits.kind.any') : vocabulary(c, 'kind', one.kind),
            t(`phase.${one.phase}`),
            one.value === null ? t('changes.back') : t('changes.to', { value: told?.score(one.value) ?? '' }),
          ]
          return (
            <li key={one.id} data-undone={one.undone_at !== null || undefined}>
              {words.join(' · ')} <span className={css.faint}>{[one.note, one.person, f.dateTime(one.at)].filter(Boolean).join(' · ')}</span>{' '}
              {one.undone_at !== null && <span className={css.faint}>{t('undone', { person: one.undone_by ?? '', time: f.dateTime(one.undone_at) })}</span>}
              {may && one.undone_at === null && <Button size="small" type="link" onClick={() => void act.run(() => undoThreshold(one.id), THRESHOLD_READS)}>{t('undo')}</Button>}
            </li>
          )
        })}
      </ul>
    </>
  )
}
