import { useOsd, type Osd, type OsdReading } from '@/api/osd'
import { HowKnown } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './osd.module.css'
import { clockOf, labelOf } from './judge'
import { ReferencePanel } from './ReferencePanel'
import { osdText } from './text'

/** What the camera writes into its picture, and what its picture is held against. */
export function OsdPanel({ id }: { id: string }) {
  const t = useText(osdText)
  const osd = useOsd(id)
  return (
    <section className={css.panel}>
      <ProblemNote error={osd.error} onRetry={() => void osd.refetch()} />
      {osd.data && <Read osd={osd.data} />}
      <h3>{t('reference.title')}</h3>
      <ReferencePanel id={id} />
    </section>
  )
}

function Read({ osd }: { osd: Osd }) {
  const t = useText(osdText)
  const { reading } = osd
  return (
    <>
      <h3>{t('title')}</h3>
      {!osd.able && <Teach title={t('off.title')}>{t('off.text', { commands: osd.models.map((model) => `commonsight models install ${model}`).join(' · ') })}</Teach>}
      {osd.able && !reading && <Teach title={t('none.title')}>{t('none.text')}</Teach>}
      {reading && <Found osd={osd} reading={reading} />}
    </>
  )
}

function Found({ osd, reading }: { osd: Osd; reading: OsdReading }) {
  const t = useText(osdText)
  const f = useFormat()
  const clock = clockOf(osd, reading)
  const label = labelOf(osd, reading)
  const { figures } = osd
  const known = figures
    ? t('known', {
        pictures: f.number(figures.pictures), measured: figures.measured, read: f.percent(figures.clocks_read), wrong: f.percent(figures.clocks_wrong),
        named: f.percent(figures.labels_named),
      })
    : t('known.none')
  return (
    <>
      <div className={css.frame} role="img" aria-label={t('frame')}>
        {reading.lines.map((line) => {
          const [left, top, right, bottom] = line.box.map((side) => `${String(side * 100)}%`) as [string, string, string, string]
          return (
            <span key={`${line.part} ${left} ${top}`} data-part={line.part} style={{ left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` }} title={`${line.text} · ${f.percent(line.confidence, 0)}`}>
              {line.text}
            </span>
          )
        })}
      </div>
      <p className={css.faint}>{t('frame.note', { time: f.dateTime(reading.at) })}</p>
      <dl className={css.facts}>
        <dt>{t('clock')}</dt>
        <dd data-state={clock.state}>
          <b>{t(`clock.${clock.state}`)}</b> <HowKnown name={t('clock')} basis={{ definition: `${t('clock.definition')} ${known}`, formula: t('clock.formula'), asOf: reading.clock_at }} />
          {reading.shown && <div>{reading.shown.replace('T', ' ')}{reading.date_known === false && ` · ${t('clock.noDate')}`}</div>}
          {reading.difference !== null && (
            <div>
              {t(reading.difference < 0 ? 'clock.slow' : 'clock.fast', { difference: f.seconds(Math.abs(reading.difference)), error: f.number(reading.error, 1), bar: f.number(osd.clock_bar) })}
            </div>
          )}
          {clock.state === 'wrong' && <div className={css.next}>{t(reading.hint ? `clock.hint.${reading.hint}` : 'clock.next')}</div>}
        </dd>
        <dt>{t('label')}</dt>
        <dd data-state={label}>
          <b>{t(`label.${label}`)}</b> <HowKnown name={t('label')} basis={{ definition: `${t('label.definition')} ${known}`, formula: t('label.formula'), asOf: reading.at }} />
          {reading.label && <div>{t('label.read', { text: reading.label })}</div>}
          {reading.likeness !== null && <div>{t('label.alike', { share: f.percent(reading.likeness, 0), bar: f.percent(osd.label_bar, 0), name: reading.named })}</div>}
          {label === 'wrong' && <div className={css.next}>{t('label.next')}</div>}
        </dd>
      </dl>
    </>
  )
}
