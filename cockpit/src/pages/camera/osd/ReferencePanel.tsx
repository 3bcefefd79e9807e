import { App, Button, Input, Popconfirm } from 'antd'
import { useState } from 'react'
import { REPLACED, takeReference, undoReference, useReferences, type Reference, type References } from '@/api/osd'
import { useCan } from '@/app/auth'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useAct } from '@/parts/useAct'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import css from './osd.module.css'
import { turned } from './judge'
import { osdText } from './text'

const NOTE_MOST = 200

/** What the camera's picture is held against; after a planned move a person says that the new view is right. */
export function ReferencePanel({ id }: { id: string }) {
  const t = useText(osdText)
  const { message } = App.useApp()
  const may = useCan()('health.write')
  const read = useReferences(id)
  const act = useAct()
  const [note, setNote] = useState('')
  const found = read.data
  const take = async () => {
    if (await act.run(() => takeReference(id, note), REPLACED)) {
      setNote('')
      message.success(t('reference.taken'))
    }
  }
  const undo = async () => {
    if (await act.run(() => undoReference(id), REPLACED)) message.success(t('reference.undone'))
  }
  return (
    <>
      <ProblemNote error={read.error ?? act.problem} />
      {found && found.items.length === 0 && <Teach title={t(`reference.state.${found.state}`)}>{found.state === 'turning' ? t('reference.turningText') : t('reference.noneText', { n: found.needed })}</Teach>}
      {found?.items.map((one) => <One key={one.phase} one={one} of={found} />)}
      {may && found && found.state !== 'turning' && found.state !== 'none' && (
        <div className={css.acts}>
          <Input size="small" value={note} maxLength={NOTE_MOST} placeholder={t('reference.why')} aria-label={t('reference.why')} onChange={(event) => setNote(event.target.value)} />
          <Popconfirm title={t('reference.takeTitle')} description={t('reference.takeText')} onConfirm={() => void take()}>
            <Button size="small" loading={act.busy}>{t('reference.take')}</Button>
          </Popconfirm>
          {found.can_undo && <Button size="small" type="link" loading={act.busy} onClick={() => void undo()}>{t('reference.undo')}</Button>}
        </div>
      )}
    </>
  )
}

function One({ one, of }: { one: Reference; of: References }) {
  const t = useText(osdText)
  const f = useFormat()
  const { seen } = one
  const away = seen?.shift ? turned(seen.shift) : null
  return (
    <div className={css.reference}>
      <div>
        <b>{t(`phase.${one.phase}`)} · {t(`reference.state.${one.state}`)}</b>
        <div className={css.faint}>
          {[
            t('reference.made', { n: one.looks, needed: of.needed, time: f.dateTime(one.made_at) }),
            one.person ? t('reference.by', { person: one.person }) : t('reference.itself'),
            one.note,
          ].filter(Boolean).join(' · ')}
        </div>
        {seen && (
          <ul className={css.seen}>
            <li>{t('reference.alike', { share: f.percent(seen.alike, 0), time: f.dateTime(seen.at) })}</li>
            {away && <li>{t('reference.shift', { right: f.percent(away.right, 1), down: f.percent(away.down, 1) })}</li>}
            {seen.lost === null ? <li>{t('reference.noDetail')}</li> : <li>{t('reference.lost', { lost: f.percent(seen.lost, 0), gained: f.percent(seen.gained, 0) })}</li>}
          </ul>
        )}
      </div>
      {seen?.heat && (
        <div className={css.heat} style={{ gridTemplateColumns: `repeat(${String(of.columns)}, 1fr)` }} role="img" aria-label={t('reference.heat')} title={t('reference.heat')}>
          {seen.heat.map((value, place) => <i key={place} style={{ opacity: value / 9 }} />)}
        </div>
      )}
    </div>
  )
}
