import { Table } from 'antd'
import type { DiagnosisItem, DiagnosisItems } from '@/api/diagnosis'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './diagnosis.module.css'
import { diagnosisText } from './text'
import type { Told } from './useItems'

/** How well each item was measured to be found, by strength, and on what. */
export function Known({ read, items }: { read: DiagnosisItems; items: ReadonlyMap<string, Told> }) {
  const t = useText(diagnosisText)
  const f = useFormat()
  const pick = useBilingual()
  const range = (low: number, high: number) => `${f.percent(low, 0)} – ${f.percent(high, 0)}`
  return (
    <>
      <p className={css.faint}>
        {t('known.on', {
          date: read.measured_on, clips: f.number(read.clips.length), minutes: f.number(read.minutes, 1), ms: f.number(read.milliseconds),
          false: f.percent(read.false.share), low: f.percent(read.false.low), high: f.percent(read.false.high), n: f.number(read.false.n),
        })}{' '}
        {pick(read.note)}
      </p>
      <Table<DiagnosisItem>
        size="small"
        rowKey="code"
        dataSource={read.items}
        pagination={false}
        scroll={{ x: 900 }}
        columns={[
          { title: t('known.item'), key: 'name', width: 120, render: (_, one) => <span title={items.get(one.code)?.definition}>{items.get(one.code)?.name}</span> },
          { title: t('known.area'), key: 'area', width: 110, align: 'right', render: (_, one) => (one.detection ? f.number(one.detection.area, 3) : t('known.none')) },
          { title: t('known.found'), key: 'found', width: 170, render: (_, one) => one.detection && <>{f.percent(one.detection.found.share)} <span className={css.faint}>{range(one.detection.found.low, one.detection.found.high)}</span></> },
          { title: t('known.false'), key: 'false', width: 170, render: (_, one) => one.detection && <>{f.percent(one.detection.false.share)} <span className={css.faint}>{range(one.detection.false.low, one.detection.false.high)}</span></> },
          {
            title: t('known.strengths'),
            key: 'strengths',
            render: (_, one) => (
              <ul className={css.strengths}>
                {one.detection?.strengths.map((each) => <li key={each.en}>{pick(each)} <b>{f.percent(each.found, 0)}</b></li>)}
              </ul>
            ),
          },
        ]}
      />
    </>
  )
}
