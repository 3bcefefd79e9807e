import { AlertOutlined, CloseOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { get } from '@/api/client'
import { useLive } from '@/api/liveContext'
import type { LiveMessage } from '@/api/live'
import type { Camera, CameraItem } from '@/api/types'
import { useCan } from '@/app/auth'
import { Tool } from '@/parts/live/PictureTools'
import { PurposeLine } from '@/parts/live/PurposeLine'
import type { ChosenPurpose } from '@/parts/live/purpose'
import { ProblemNote } from '@/parts/ProblemNote'
import { useFormat } from '@/text/format'
import { useBilingual, useText } from '@/text/language'
import css from './Alarms.module.css'
import { join, readAlarms, SHOWN_MOST, stay, type Alarm, type Waiting } from './alarms'
import { CellPicture } from './CellPicture'
import { wallText } from './text'

const LOOK_MS = 5000
/** The reason of a picture that an alarm opens; its words name the case. */
const PURPOSE = 'incident'

/** New cases pop up over the wall; one click leads to the picture, asked for with the case as its reason. */
export function Alarms({ onHang }: { onHang: (camera: CameraItem) => void }) {
  const t = useText(wallText)
  const f = useFormat()
  const pick = useBilingual()
  const can = useCan()
  const [waiting, setWaiting] = useState<readonly Waiting[]>([])
  const [looked, setLooked] = useState<Alarm | null>(null)

  const onMessage = useCallback(({ data }: LiveMessage) => {
    const alarms = readAlarms(data)
    if (alarms.length > 0) setWaiting((before) => join(before, alarms, Date.now()))
  }, [])
  useLive('cases', onMessage, can('cases.read'))
  useEffect(() => {
    const timer = window.setInterval(() => setWaiting((before) => stay(before, Date.now())), LOOK_MS)
    return () => window.clearInterval(timer)
  }, [])
  const drop = (alarm: Alarm) => setWaiting((before) => before.filter((one) => one.alarm.id !== alarm.id))

  const shown = waiting.slice(0, SHOWN_MOST)
  return (
    <div className={css.alarms}>
      {looked && <Looked key={looked.id} alarm={looked} onClose={() => setLooked(null)} onHang={onHang} />}
      <div role="log" aria-live="assertive" className={css.stack}>
        {waiting.length > shown.length && <p className={css.more}>{t('alarm.more', { n: f.number(waiting.length - shown.length) })}</p>}
        {shown.map(({ alarm }) => (
          <article key={alarm.id} className={css.alarm} data-severity={alarm.severity}>
            <h3><AlertOutlined aria-hidden /> {t('alarm.title', { number: String(alarm.number), title: pick(alarm.title) })}</h3>
            <p>{[alarm.place, f.time(alarm.at, true), alarm.words].filter(Boolean).join(' · ')}</p>
            <Button
              size="small" type="primary"
              onClick={() => {
                setLooked(alarm)
                drop(alarm)
              }}
            >
              {t('alarm.look')}
            </Button>
            <button type="button" className={css.drop} aria-label={t('alarm.drop')} title={t('alarm.drop')} onClick={() => drop(alarm)}><CloseOutlined aria-hidden /></button>
          </article>
        ))}
      </div>
    </div>
  )
}

const noPace = () => undefined

function Looked({ alarm, onClose, onHang }: { alarm: Alarm; onClose: () => void; onHang: (camera: CameraItem) => void }) {
  const t = useText(wallText)
  const pick = useBilingual()
  const root = useRef<HTMLElement>(null)
  const [heard, setHeard] = useState(false)
  const camera = useQuery({ queryKey: ['alarm-camera', alarm.camera], queryFn: ({ signal }) => get<Camera>(`/cameras/${alarm.camera}`, undefined, signal), retry: false })
  const words = t('alarm.purpose', { number: String(alarm.number), title: pick(alarm.title) })
  const purpose = useMemo<ChosenPurpose>(() => ({ code: PURPOSE, text: words, keep: false }), [words])
  const found = camera.data
  return (
    <section ref={root} className={css.looked} data-player aria-label={t('alarm.label')}>
      <header>
        <h3 title={found?.name}>{found?.name ?? alarm.place}</h3>
        {found && <Button size="small" onClick={() => onHang(found)}>{t('alarm.hang')}</Button>}
        <Tool label={t('alarm.close')} onPress={onClose}><CloseOutlined aria-hidden /></Tool>
      </header>
      <div className={css.picture}>
        <ProblemNote error={camera.error} />
        {found && <CellPicture camera={found} purpose={purpose} cell={root} heard={heard} onHear={setHeard} onPace={noPace} tools={null} />}
      </div>
      <footer><PurposeLine purpose={purpose} /></footer>
    </section>
  )
}
