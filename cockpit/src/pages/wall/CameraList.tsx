import { Button, Checkbox, InputNumber } from 'antd'
import { useState } from 'react'
import type { CameraItem } from '@/api/types'
import { HealthMark } from '@/parts/HealthMark'
import { Star } from '@/parts/Star'
import { useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { takeCameras } from './drag'
import { SECONDS } from './model'
import css from './Source.module.css'
import { wallText } from './text'

export interface Picked {
  /** Into the chosen cell. */
  onHang: (camera: CameraItem) => void
  /** One by one into the empty cells. */
  onFill: (cameras: readonly CameraItem[]) => void
  /** One after another, in the chosen cell or in all. */
  onTour: (cameras: readonly CameraItem[], seconds: number, whole: boolean) => void
}

interface Props extends Picked {
  items: readonly CameraItem[]
  /** More cameras than are listed. */
  more: boolean
}

/** Cameras to hang: dragged into a cell, clicked into the chosen one, or several taken together. */
export function CameraList({ items, more, onHang, onFill, onTour }: Props) {
  const t = useText(wallText)
  const f = useFormat()
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set())
  const [seconds, setSeconds] = useState<number>(SECONDS.usual)
  const taken = items.filter(({ id }) => ticked.has(id))
  const all = items.length > 0 && taken.length === items.length
  const tick = (id: string, on: boolean) =>
    setTicked((before) => {
      const next = new Set(before)
      if (on) next.add(id)
      else next.delete(id)
      return next
    })

  return (
    <>
      <div className={css.listHead}>
        <Checkbox indeterminate={taken.length > 0 && !all} checked={all} disabled={items.length === 0} onChange={({ target }) => setTicked(new Set(target.checked ? items.map(({ id }) => id) : []))}>
          {taken.length > 0 ? t('source.taken', { n: f.number(taken.length) }) : t('source.count', { n: f.number(items.length) })}
        </Checkbox>
        {more && <span className={css.muted}>{t('source.more')}</span>}
      </div>
      {taken.length > 1 && (
        <div className={css.acts}>
          <Button size="small" type="primary" onClick={() => onFill(taken)}>{t('source.fill')}</Button>
          <Button size="small" onClick={() => onTour(taken, seconds, false)}>{t('source.tourCell')}</Button>
          <Button size="small" onClick={() => onTour(taken, seconds, true)}>{t('source.tourWhole')}</Button>
          <label>
            {t('source.every')}
            <InputNumber size="small" min={SECONDS.least} max={SECONDS.most} precision={0} value={seconds} onChange={(value) => setSeconds(value ?? SECONDS.usual)} />
            {t('source.seconds')}
          </label>
        </div>
      )}
      <ul className={css.list}>
        {items.map((camera) => (
          <li key={camera.id} draggable onDragStart={(event) => takeCameras(event.dataTransfer, ticked.has(camera.id) ? taken.map(({ id }) => id) : [camera.id])}>
            <Checkbox checked={ticked.has(camera.id)} aria-label={t('source.tick', { name: camera.name })} onChange={({ target }) => tick(camera.id, target.checked)} />
            <button type="button" title={t('source.hang', { name: camera.name })} disabled={!camera.has_source} onClick={() => onHang(camera)}>
              <HealthMark health={camera.health} />
              <span>{camera.name}</span>
              {!camera.has_source && <em>{t('source.noSource')}</em>}
            </button>
            <Star camera={camera.id} name={camera.name} />
          </li>
        ))}
      </ul>
    </>
  )
}
