import { App, Button, Segmented, Select, Switch, Tooltip } from 'antd'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useSearchParams } from 'react-router'
import { useTimelines } from '@/api/recordings'
import { useCamera, useCameras } from '@/api/queries'
import { useCan } from '@/app/auth'
import { VideoNav } from '@/pages/wall/VideoNav'
import { dayEdge, startOfDay } from '@/parts/day'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { PurposeLine } from '@/parts/live/PurposeLine'
import { rememberedPurpose, rememberPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { fileName, keepPicture, save } from '@/parts/live/snapshot'
import { PageHead, Panel } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useSettled } from '@/parts/useSettled'
import { ZONE, useFormat } from '@/text/format'
import { useText } from '@/text/language'
import { Controls } from './Controls'
import { ExportDialog } from './ExportDialog'
import { ExportList } from './ExportList'
import css from './playback.module.css'
import { Screen } from './Screen'
import { around, DAY, HOUR, LENGTHS, nextRecorded, type Window } from './span'
import type { Command, PlaybackStream } from './stream'
import { playbackText } from './text'
import { TimelineBar, type Row } from './TimelineBar'
import { useWatch } from './useWatch'

const MOST = 4
const LOOK_MS = 250
/** Cameras that stand further apart than this are brought together, milliseconds. */
const APART_MS = 700
const TOGETHER_MS = 4000
const RECENT_MS = 900_000

/** Recordings, ours and the devices': look back, keep a picture, take a clip out. */
export default function PlaybackPage() {
  const t = useText(playbackText)
  const can = useCan()
  return (
    <div className={css.page}>
      <PageHead title={t('title')} />
      <VideoNav />
      {can('recordings.read') ? <Playback /> : <Teach title={t('noRight')}>{t('noRightText')}</Teach>}
    </div>
  )
}

const dayOf = (date: string): Window => ({ begin: Date.parse(dayEdge(date, false) ?? startOfDay(new Date())), end: Date.parse(dayEdge(date, true) ?? '') || Date.now() + DAY })
const today = (): string => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date())

type Names = Record<string, string>

interface Player {
  stream: PlaybackStream
  video: HTMLVideoElement
}

function Playback() {
  const t = useText(playbackText)
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const cameras = useMemo(() => (search.get('camera') ?? '').split(',').filter(Boolean).slice(0, MOST), [search])
  const [now] = useState(today)
  const date = search.get('day') ?? now
  const device = search.get('source') === 'device'
  const at = Date.parse(search.get('at') ?? '')
  const [names, setNames] = useState<Names>({})
  const change = (part: Record<string, string>) => {
    const next = new URLSearchParams(search)
    for (const [name, value] of Object.entries(part)) {
      if (value) next.set(name, value)
      else next.delete(name)
    }
    setSearch(next, { replace: true })
  }
  return (
    <>
      <Panel>
        <div className={css.choose} role="search">
          <CameraSelect value={cameras} names={names} onNames={setNames} onChange={(ids) => change({ camera: ids.join(), at: '' })} />
          <label>{t('choose.day')} <input type="date" value={date} max={now} onChange={({ target }) => change({ day: target.value, at: '' })} /></label>
          <Tooltip title={t('choose.deviceHint')}>
            <label><Switch size="small" checked={device} onChange={(on) => change({ source: on ? 'device' : '' })} /> {t('choose.device')}</label>
          </Tooltip>
        </div>
      </Panel>
      {cameras.length === 0
        ? <Teach title={t('empty.title')}>{t('empty.text')}</Teach>
        : <Chosen key={`${cameras.join()} ${date} ${String(device)}`} cameras={cameras} names={names} date={date} device={device} at={Number.isNaN(at) ? null : at} />}
      {can('pictures.export') && <ExportList />}
    </>
  )
}

/** Some cameras on one day, ours or the devices' recordings of them. */
function Chosen({ cameras, names, date, device, at }: { cameras: readonly string[]; names: Names; date: string; device: boolean; at: number | null }) {
  const t = useText(playbackText)
  const f = useFormat()
  const can = useCan()
  const { message } = App.useApp()
  const day = useMemo(() => dayOf(date), [date])
  const [opened] = useState(() => Date.now())
  const { watched, busy, problem, ask, release } = useWatch(cameras, day)
  const timelines = useTimelines(cameras, new Date(day.begin).toISOString(), new Date(day.end).toISOString(), device)
  const [length, setLength] = useState<number>(DAY)
  const [moment, setMoment] = useState<number | null>(null)
  const [mark, setMark] = useState<Window | null>(null)
  const [asking, setAsking] = useState(false)
  const [paused, setPaused] = useState(false)
  const [speed, setSpeed] = useState(1)
  const [sought, setSought] = useState<number | null>(at !== null && at >= day.begin && at < day.end ? at : null)
  // It begins at the first recording of the day; today, a quarter of an hour ago.
  const first = timelines[0]?.data
  const start = useMemo(() => {
    if (sought !== null || !first) return sought
    const spans = first.spans.filter((span) => (span.source === 'device') === device)
    const recent = opened < day.end ? nextRecorded(opened - RECENT_MS, spans) : null
    return recent ?? nextRecorded(day.begin, spans)
  }, [sought, first, device, opened, day])
  const players = useRef(new Map<string, Player>())
  const shown = useMemo(() => around(moment ?? start ?? Math.min(opened, day.begin + DAY / 2), length, day), [moment, start, length, day, opened])

  const tell = useCallback((command: Command) => {
    for (const { stream } of players.current.values()) stream.say(command)
  }, [])
  const seek = useCallback(
    (to: number) => {
      setMoment(to)
      if (start === null || device || players.current.size === 0) {
        setSought(to)
        return
      }
      tell({ type: 'seek', at: new Date(to).toISOString() })
      if (paused) tell({ type: 'step' })
    },
    [start, device, paused, tell],
  )

  // A person who has said why for this session is not asked for each camera; others are, by the form.
  useEffect(() => {
    const kept = rememberedPurpose()
    if (kept?.keep && cameras.length > 0 && can('pictures.view')) void ask(kept)
  }, [ask, cameras.length, can])
  useEffect(() => {
    const timer = window.setInterval(() => {
      const leader = players.current.values().next().value
      const now = leader?.stream.moment()
      if (now != null) setMoment(now)
    }, LOOK_MS)
    return () => window.clearInterval(timer)
  }, [])
  useEffect(() => {
    if (paused || device || cameras.length < 2) return undefined
    const timer = window.setInterval(() => {
      const [leader, ...others] = [...players.current.values()]
      const now = leader?.stream.moment()
      if (now == null) return
      for (const { stream } of others) {
        const theirs = stream.moment()
        if (theirs !== null && Math.abs(theirs - now) > APART_MS * Math.max(1, speed)) stream.say({ type: 'seek', at: new Date(now).toISOString() })
      }
    }, TOGETHER_MS)
    return () => window.clearInterval(timer)
  }, [paused, device, cameras.length, speed])

  const onCommand = (command: Command) => {
    tell(command)
    if (command.type === 'pause' || command.type === 'step') setPaused(true)
    if (command.type === 'play') setPaused(false)
    if (command.type === 'speed') setSpeed(command.speed)
    if (command.type === 'step') window.setTimeout(() => { for (const { stream } of players.current.values()) stream.showLast() }, 150)
  }
  const onStream = useCallback((camera: string, stream: PlaybackStream | null, video: HTMLVideoElement | null) => {
    if (stream && video) players.current.set(camera, { stream, video })
    else players.current.delete(camera)
  }, [])
  const snapshot = async () => {
    for (const camera of cameras) {
      const player = players.current.get(camera)
      const view = watched?.views.get(camera)
      if (!player || !view || !watched) continue
      const at = new Date(player.stream.moment() ?? Date.now())
      const name = names[camera] ?? camera
      try {
        const burn = { viewer: view.watermark.viewer, camera: name, moment: f.dateTime(at), purpose: watched.purpose.text || watched.purpose.code, record: view.retrieval_id }
        save(await keepPicture(player.video, { scale: 1, x: 0, y: 0 }, burn), fileName(name, at))
      } catch {
        void message.error(t('snapshot.failed', { name }))
      }
    }
  }

  const rows: Row[] = cameras.map((id, index) => ({
    id, name: names[id] ?? '', timeline: timelines[index]?.data,
    problem: timelines[index]?.data?.device?.words ?? (device && timelines[index]?.data?.device === null ? t('bar.noDevice') : null),
  }))
  const failed = timelines.find((one) => one.error)?.error
  const opening = watched?.views.get(cameras[0] ?? '')
  const address = (url: string, at: number) =>
    `${url}&from=${encodeURIComponent(new Date(at).toISOString())}${device ? '&source=device' : ''}${cameras.length > 1 ? '&gaps=keep' : ''}`
  return (
    <>
      <ProblemNote error={failed} />
      <div className={css.screens} data-count={cameras.length === 1 ? 1 : 4}>
        {watched && start !== null
          ? cameras.map((id) => {
              const view = watched.views.get(id)
              return view && (
                <Screen
                  key={id} name={names[id] ?? id} viewer={view.watermark.viewer} url={address(view.url, start)}
                  onStream={(stream, video) => onStream(id, stream, video)} onRefused={(words) => void message.warning(words)}
                />
              )
            })
          : <Before watched={watched !== null} waiting={timelines.some((one) => one.isPending)} camera={cameras[0]} busy={busy} problem={problem} onChosen={(purpose) => { rememberPurpose(purpose); void ask(purpose) }} />}
      </div>
      {watched && opening && (
        <div className={css.under}>
          <PurposeLine purpose={watched.purpose} retrieval={opening.retrieval_id} />
          <Button size="small" onClick={release}>{t('stop')}</Button>
        </div>
      )}
      <Panel>
        <Controls
          ready={watched !== null && start !== null} paused={paused} speed={speed} moment={moment} day={day} device={device}
          mark={mark} onMark={setMark} onCommand={onCommand} onSeek={seek} onSnapshot={() => void snapshot()}
          onExport={can('pictures.export') && !device ? () => setAsking(true) : undefined}
        />
        <TimelineBar rows={rows} day={day} shown={shown} moment={moment} mark={mark} onSeek={seek} onMark={setMark} />
        <div className={css.legend}>
          <i data-source="own" /> {t('legend.own')} <i data-source="device" /> {t('legend.device')}
          <span>{t('legend.how')}</span>
          <Segmented size="small" aria-label={t('bar.length')} value={length} onChange={setLength} options={LENGTHS.map((value) => ({ value, label: value < HOUR ? t('bar.minutes', { n: value / 60_000 }) : t('bar.hours', { n: value / HOUR }) }))} />
        </div>
      </Panel>
      {asking && mark && <ExportDialog cameras={cameras.map((id) => ({ id, name: names[id] ?? id }))} mark={mark} purpose={watched?.purpose} onClose={() => setAsking(false)} />}
    </>
  )
}

function Before({ watched, waiting, camera, busy, problem, onChosen }: {
  watched: boolean
  waiting: boolean
  camera: string | undefined
  busy: boolean
  problem: unknown
  onChosen: (purpose: ChosenPurpose) => void
}) {
  const t = useText(playbackText)
  const can = useCan()
  if (!can('pictures.view')) return <Teach title={t('noView')}>{t('noViewText')}</Teach>
  if (!watched) return <PurposeForm {...(camera ? { cameraId: camera } : {})} busy={busy} problem={problem} onChosen={onChosen} />
  return waiting ? <p className={css.state} role="status">{t('screen.looking')}</p> : <Teach title={t('empty.day')}>{t('empty.dayText')}</Teach>
}

function CameraSelect({ value, names, onNames, onChange }: {
  value: string[]
  names: Record<string, string>
  onNames: (names: Record<string, string>) => void
  onChange: (ids: string[]) => void
}) {
  const t = useText(playbackText)
  const [typed, setTyped] = useState('')
  const q = useSettled(typed.trim(), 300)
  const found = useCameras({ q, limit: 20, has_source: true })
  const known = (found.data?.items ?? []).map((camera) => ({ value: camera.id, label: camera.name }))
  for (const id of value) if (!known.some((one) => one.value === id)) known.push({ value: id, label: names[id] ?? '…' })
  return (
    <>
      <Select
        mode="multiple" maxCount={MOST} style={{ minWidth: 320, flex: 1 }} aria-label={t('choose.cameras')} placeholder={t('choose.cameras')}
        showSearch={{ filterOption: false, onSearch: setTyped }} value={value} options={known}
        onChange={(ids: string[]) => {
          onNames({ ...names, ...Object.fromEntries(known.map((one) => [one.value, one.label])) })
          onChange(ids)
        }}
      />
      {value.filter((id) => names[id] === undefined).map((id) => <NameOf key={id} id={id} onName={(name) => onNames({ ...names, [id]: name })} />)}
    </>
  )
}

/** One that came by its address only is asked for its name. */
function NameOf({ id, onName }: { id: string; onName: (name: string) => void }) {
  const name = useCamera(id).data?.data.name
  useEffect(() => {
    if (name !== undefined) onName(name)
    // Said once, when it is known.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [name])
  return null
}
