import { Button } from 'antd'
import { useState } from 'react'
import { lookNow, SAID, undoFeedback, useCameraFindings, type Verdict } from '@/api/diagnosis'
import { useCan } from '@/app/auth'
import { Evidence } from '@/pages/health/diagnosis/Evidence'
import { NormalHere } from '@/pages/health/diagnosis/NormalHere'
import css from '@/pages/health/diagnosis/diagnosis.module.css'
import { diagnosisText } from '@/pages/health/diagnosis/text'
import { useItems } from '@/pages/health/diagnosis/useItems'
import { HowKnown } from '@/parts/HowKnown'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'

/** What is held of one camera's picture, item by item, with the way to disagree. */
export function PicturePanel({ id, name, reachable }: { id: string; name: string; reachable: boolean }) {
  const t = useText(diagnosisText)
  const f = useFormat()
  const may = useCan()('health.write')
  const { items, read } = useItems()
  const found = useCameraFindings(id)
  const act = useAct()
  const [all, setAll] = useState(false)
  const [normal, setNormal] = useState<Verdict | null>(null)
  const told = normal && items.get(normal.item)
  const verdicts = found.data?.verdicts ?? []
  const shown = all ? verdicts : verdicts.filter((one) => one.state !== 'well' || one.streak > 0)
  const said = (found.data?.feedback ?? []).filter((one) => one.undone_at === null)
  return (
    <section>
      <ProblemNote error={found.error ?? read.error ?? act.problem} />
      {may && reachable && <Button size="small" loading={act.busy} onClick={() => void act.run(() => lookNow([id]), SAID)}>{t('camera.look')}</Button>}
      {found.data && verdicts.length === 0 && <Teach title={t('camera.none')}>{may && reachable ? t('camera.noneText') : null}</Teach>}
      <ul className={css.verdicts}>
        {shown.map((one) => {
          const words = items.get(one.item)
          if (!words) return null
          return (
            <li key={one.item}>
              <header>
                <b data-state={one.state}>{words.name} · {t(`camera.state.${one.state}`)}</b>
                <span>{words.score(one.score)} / {words.score(one.threshold)}</span>
                <HowKnown name={words.name} basis={{ definition: words.known, since: one.since, asOf: one.at }} />
                {may && one.state === 'fault' && <Button size="small" onClick={() => setNormal(one)}>{t('normal.do')}</Button>}
              </header>
              {one.streak > 0 && <div className={css.faint}>{t('camera.suspect')}</div>}
              {one.state === 'fault' && <div className={css.next}>{words.next}</div>}
              {one.state === 'fault' && one.has_evidence && <Evidence camera={id} item={one.item} at={one.evidence_at} />}
            </li>
          )
        })}
      </ul>
      {verdicts.length > 0 && !all && <Button size="small" type="link" onClick={() => setAll(true)}>{t('camera.show')}</Button>}
      {said.length > 0 && (
        <>
          <h3>{t('camera.said')}</h3>
          <ul className={css.changes}>
            {said.map((one) => (
              <li key={one.id}>
                {[
                  items.get(one.item)?.name ?? one.item,
                  one.value === null ? t('camera.muted') : t('camera.own', { value: items.get(one.item)?.score(one.value) ?? '' }),
                  one.until && t('camera.until', { time: f.dateTime(one.until) }),
                ].filter(Boolean).join(' · ')}{' '}
                <span className={css.faint}>{[one.note, one.person, f.dateTime(one.at)].filter(Boolean).join(' · ')}</span>
                {may && <Button size="small" type="link" onClick={() => void act.run(() => undoFeedback(id, one.id), SAID)}>{t('undo')}</Button>}
              </li>
            ))}
          </ul>
        </>
      )}
      {normal && told && <NormalHere camera={{ id, name }} told={told} score={normal.score} threshold={normal.threshold} onClose={() => setNormal(null)} />}
    </section>
  )
}
