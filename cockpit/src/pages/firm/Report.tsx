import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { addPhoto, handledOrder, myPhoto, removePhoto, type OrderDetail } from '@/api/maintenance'
import { ProblemNote } from '@/parts/ProblemNote'
import { useAct } from '@/parts/useAct'
import { useBilingual, useText } from '@/text/language'
import { EMPTY, readDraft, writeDraft, type Draft } from './draft'
import css from './firm.module.css'
import { PhotoRefused, shrink } from './shrink'
import { firmText, type FirmKey } from './text'
import { useOnline } from './useOnline'

const PHOTOS_MOST = 6

/** What was done: typed words stay on the telephone until the platform has them. */
export function Report({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const pick = useBilingual()
  const queries = useQueryClient()
  const act = useAct()
  const online = useOnline()
  const [draft, setDraft] = useState<Draft>(() => readDraft(one.id))
  const change = (next: Partial<Draft>) => {
    const now = { ...draft, ...next }
    setDraft(now)
    writeDraft(one.id, now)
  }
  const ready = draft.cause !== '' && draft.words.trim() !== ''
  const send = () =>
    void act.run(async () => {
      const next = await handledOrder(one.id, { cause: draft.cause, words: draft.words.trim(), parts: draft.parts.trim() })
      writeDraft(one.id, EMPTY)
      queries.setQueryData(['my-orders', one.id], next)
      window.scrollTo({ top: 0 })
    }, ['my-orders'])
  return (
    <section className={css.box} aria-label={t('act.report')}>
      <h2>{t('act.report')}</h2>
      <label className={css.field}>
        <span>{t('report.cause')}</span>
        <select value={draft.cause} onChange={(event) => change({ cause: event.target.value })}>
          <option value="" />
          {one.causes.map((cause) => <option key={cause.code} value={cause.code}>{pick(cause)}</option>)}
        </select>
      </label>
      <label className={css.field}>
        <span>{t('report.words')}</span>
        <textarea rows={3} maxLength={2000} placeholder={t('report.words.hint')} value={draft.words} onChange={(event) => change({ words: event.target.value })} />
      </label>
      <label className={css.field}>
        <span>{t('report.parts')}</span>
        <input maxLength={500} value={draft.parts} onChange={(event) => change({ parts: event.target.value })} />
      </label>
      <Photos one={one} />
      <ProblemNote error={act.problem} />
      <p className={css.faint}>{ready ? t('report.draft') : t('report.need')}</p>
      <button type="button" className={css.big} disabled={!ready || act.busy || !online} onClick={send}>{t('report.submit')}</button>
    </section>
  )
}

function Photos({ one }: { one: OrderDetail }) {
  const t = useText(firmText)
  const act = useAct()
  const [refused, setRefused] = useState<FirmKey | null>(null)
  const add = (files: FileList | null) =>
    void act.run(async () => {
      setRefused(null)
      for (const file of [...(files ?? [])].slice(0, PHOTOS_MOST - one.photos.length)) {
        try {
          await addPhoto(one.id, await shrink(file))
        } catch (error) {
          if (!(error instanceof PhotoRefused)) throw error
          setRefused(error.say)
        }
      }
    }, ['my-orders'])
  return (
    <div className={css.field}>
      <span>{t('report.photos', { most: PHOTOS_MOST })}</span>
      <div className={css.photos}>
        {one.photos.map((photo, place) => (
          <div key={photo.id} className={css.photo}>
            <img src={myPhoto(one.id, photo.id)} alt={`${place + 1}`} />
            <button type="button" aria-label={t('report.photos.remove')} onClick={() => void act.run(() => removePhoto(one.id, photo.id), ['my-orders'])}>×</button>
          </div>
        ))}
        {one.photos.length < PHOTOS_MOST && (
          <label className={css.add}>
            {t('report.photos.add')}
            <input
              type="file" accept="image/jpeg,image/png,image/heic" multiple disabled={act.busy}
              onChange={(event) => {
                add(event.target.files)
                event.target.value = ''
              }}
            />
          </label>
        )}
      </div>
      <p className={css.faint}>{t('report.photos.where')}</p>
      {refused && <p className={css.late} role="alert">{t(refused)}</p>}
      <ProblemNote error={act.problem} />
    </div>
  )
}
