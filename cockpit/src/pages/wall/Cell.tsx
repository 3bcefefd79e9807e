import { CloseOutlined, ControlOutlined, ExpandOutlined } from '@ant-design/icons'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import type { CameraItem } from '@/api/types'
import { useCan } from '@/app/auth'
import { HealthMark } from '@/parts/HealthMark'
import { Tool } from '@/parts/live/PictureTools'
import { PurposeLine } from '@/parts/live/PurposeLine'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { useText } from '@/text/language'
import css from './Cell.module.css'
import { CellPicture } from './CellPicture'
import { dropped, isOurs, takeCell, type Dragged } from './drag'
import type { Shown } from './model'
import { wallText } from './text'

export interface CellActs {
  onChoose: (index: number) => void
  onDrop: (index: number, what: Dragged) => void
  onEmpty: (index: number) => void
  onBig: (index: number) => void
  onSteer: (index: number) => void
  onHear: (index: number, on: boolean) => void
  onPace: (index: number, keepsUp: boolean) => void
}

interface Props extends CellActs {
  index: number
  shown: Shown | null
  camera: CameraItem | undefined
  purpose: ChosenPurpose | null
  chosen: boolean
  big: boolean
  heard: boolean
}

/** One cell: what hangs there, what can be done with it, and what may be dropped on it. */
export function Cell({ index, shown, camera, purpose, chosen, big, heard, onChoose, onDrop, onEmpty, onBig, onSteer, onHear, onPace }: Props) {
  const t = useText(wallText)
  const can = useCan()
  const root = useRef<HTMLElement>(null)
  const [over, setOver] = useState(false)
  const name = camera?.name ?? ''
  const label = shown ? t('cell.label', { n: index + 1, name }) : t('cell.emptyLabel', { n: index + 1 })

  return (
    <section
      ref={root}
      className={css.cell}
      data-player
      data-cell={index}
      data-chosen={chosen || undefined}
      data-over={over || undefined}
      data-big={big || undefined}
      tabIndex={chosen ? 0 : -1}
      aria-label={label}
      onFocus={() => onChoose(index)}
      onPointerDown={() => onChoose(index)}
      onDragOver={(event) => {
        if (!isOurs(event.dataTransfer)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const what = dropped(event.dataTransfer)
        if (what) onDrop(index, what)
      }}
    >
      {shown ? (
        <>
          <header className={css.head} draggable onDragStart={(event) => takeCell(event.dataTransfer, index)} onDoubleClick={() => onBig(index)}>
            {camera && <HealthMark health={camera.health} />}
            <h3 title={name}>{camera ? name : t('cell.unknown')}</h3>
            {shown.of > 1 && <span className={css.place}>{t('tour.place', { n: shown.place, of: shown.of })}</span>}
            {purpose && <PurposeLine purpose={purpose} />}
            {camera && can('recordings.read') && <Link className={css.link} to={`/video/playback?camera=${camera.id}`} title={t('cell.playback')}>{t('part.playback')}</Link>}
            <Tool label={big ? t('cell.small') : t('cell.big')} name="big" onPress={() => onBig(index)}><ExpandOutlined aria-hidden /></Tool>
            <Tool label={t('cell.empty')} name="empty" onPress={() => onEmpty(index)}><CloseOutlined aria-hidden /></Tool>
          </header>
          <div className={css.picture}>
            {camera ? (
              <CellPicture
                key={camera.id}
                camera={camera}
                purpose={purpose}
                cell={root}
                heard={heard}
                onHear={(on) => onHear(index, on)}
                onPace={(keepsUp) => onPace(index, keepsUp)}
                tools={can('pictures.control') && <Tool label={t('cell.steer')} name="steer" onPress={() => onSteer(index)}><ControlOutlined aria-hidden /></Tool>}
              />
            ) : (
              <p className={css.note}>{t('cell.unknownText')}</p>
            )}
          </div>
        </>
      ) : (
        <p className={css.bare}>{index + 1}</p>
      )}
    </section>
  )
}
