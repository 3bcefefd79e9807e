import { AudioMutedOutlined, SoundOutlined } from '@ant-design/icons'
import { useText } from '@/text/language'
import css from './LivePlayer.module.css'
import { liveText } from './text'

/** Sound is off until somebody turns it on: a page that begins to speak by itself is refused by browsers and people alike. */
export function SoundButton({ on, onTurn }: { on: boolean; onTurn: (on: boolean) => void }) {
  const t = useText(liveText)
  const label = on ? t('sound.off') : t('sound.on')
  return (
    <button type="button" className={css.sound} aria-pressed={on} aria-label={label} title={label} onClick={() => onTurn(!on)}>
      {on ? <SoundOutlined aria-hidden /> : <AudioMutedOutlined aria-hidden />}
    </button>
  )
}
