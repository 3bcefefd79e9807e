import { StarFilled, StarOutlined } from '@ant-design/icons'
import { App } from 'antd'
import { Problem } from '@/api/problem'
import { useFavourites, useMark } from '@/api/walls'
import { useText } from '@/text/language'
import css from './Star.module.css'
import { partsText } from './text'

/** Marks a camera as a favourite: there it is found again on the video wall. */
export function Star({ camera, name }: { camera: string; name: string }) {
  const t = useText(partsText)
  const { message } = App.useApp()
  const mark = useMark()
  const on = useFavourites().data?.items.some(({ id }) => id === camera) ?? false
  const label = on ? t('star.off', { name }) : t('star.on', { name })
  const turn = () => {
    mark(camera, !on).catch((error: unknown) => void message.error(error instanceof Problem ? (error.document.detail ?? error.message) : t('problem.noAnswer')))
  }
  return (
    <button
      type="button" className={css.star} aria-pressed={on} aria-label={label} title={label}
      onClick={(event) => {
        event.stopPropagation()
        turn()
      }}
    >
      {on ? <StarFilled aria-hidden /> : <StarOutlined aria-hidden />}
    </button>
  )
}
