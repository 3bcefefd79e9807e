import { AudioMutedOutlined, CameraOutlined, CompressOutlined, FullscreenOutlined, HistoryOutlined, PhoneOutlined, SoundOutlined } from '@ant-design/icons'
import { App } from 'antd'
import { type ReactNode } from 'react'
import { useText } from '@/text/language'
import { turnFull } from './full'
import css from './LivePlayer.module.css'
import { REPLAY_SECONDS } from './replay'
import { liveText } from './text'

interface Props {
  /** Null: the camera has none. */
  sound: boolean | null
  onSound: (on: boolean) => void
  onSnapshot: (() => void) | undefined
  busy: boolean
  replaying: boolean
  onReplay: () => void
  /** Given while only a part of the picture is shown. */
  onWhole: (() => void) | undefined
  children?: ReactNode
}

/** What can be done with a picture; on the picture, but out of the way until somebody comes near. */
export function PictureTools({ sound, onSound, onSnapshot, busy, replaying, onReplay, onWhole, children }: Props) {
  const t = useText(liveText)
  const { message } = App.useApp()
  return (
    <div className={css.tools} role="toolbar" aria-label={t('tools.label')}>
      {onWhole && <Tool label={t('zoom.whole')} onPress={onWhole}><CompressOutlined aria-hidden /></Tool>}
      {sound !== null && (
        <Tool label={sound ? t('sound.off') : t('sound.on')} pressed={sound} onPress={() => onSound(!sound)}>
          {sound ? <SoundOutlined aria-hidden /> : <AudioMutedOutlined aria-hidden />}
        </Tool>
      )}
      {onSnapshot && <Tool label={t('snapshot.take')} name="snapshot" disabled={busy} onPress={onSnapshot}><CameraOutlined aria-hidden /></Tool>}
      <Tool label={replaying ? t('replay.live') : t('replay.open', { n: REPLAY_SECONDS })} name="replay" pressed={replaying} onPress={onReplay}><HistoryOutlined aria-hidden /></Tool>
      <Tool label={t('talk.open')} onPress={() => void message.warning({ content: t('talk.refused'), duration: 6 })}><PhoneOutlined aria-hidden /></Tool>
      {children}
      <Tool label={t('full.turn')} name="full" onPress={fill}><FullscreenOutlined aria-hidden /></Tool>
    </div>
  )
}

const fill = (event: React.MouseEvent<HTMLElement>): void => {
  const player = event.currentTarget.closest<HTMLElement>('[data-player]')
  if (player) turnFull(player)
}

interface ToolProps {
  label: string
  /** By which the keyboard of a wall finds it. */
  name?: string
  pressed?: boolean
  disabled?: boolean
  onPress: (event: React.MouseEvent<HTMLElement>) => void
  children: ReactNode
}

export function Tool({ label, name, pressed, disabled, onPress, children }: ToolProps) {
  return (
    <button type="button" className={css.tool} aria-label={label} title={label} aria-pressed={pressed} data-tool={name} disabled={disabled} onClick={onPress}>
      {children}
    </button>
  )
}
