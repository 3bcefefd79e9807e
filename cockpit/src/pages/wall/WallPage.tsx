import { App, Button } from 'antd'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'
import type { CameraItem } from '@/api/types'
import { useCan } from '@/app/auth'
import { readFilters } from '@/pages/cameras/filters'
import { HealthPulse } from '@/parts/HealthPulse'
import { PurposeForm } from '@/parts/live/PurposeForm'
import { rememberedPurpose, rememberPurpose, type ChosenPurpose } from '@/parts/live/purpose'
import { PageHead } from '@/parts/Page'
import { ProblemNote } from '@/parts/ProblemNote'
import { Teach } from '@/parts/Teach'
import { useText } from '@/text/language'
import { Alarms } from './Alarms'
import { Board } from './Board'
import type { Picked } from './CameraList'
import { alone, asLayout, isBare, known, shownAt, tourOf, tours } from './model'
import { SavedWalls } from './SavedWalls'
import { Source } from './Source'
import { Steer } from './Steer'
import { wallText } from './text'
import { useDesk } from './useDesk'
import { useTourClock } from './useTourClock'
import { VideoNav } from './VideoNav'
import { WallBar } from './WallBar'
import css from './WallPage.module.css'

/** A reason is given for a shift, not for ever: after so long the wall asks again. */
const PURPOSE_HOURS = 8

/** Many pictures at once. */
export default function WallPage() {
  const t = useText(wallText)
  const can = useCan()
  return (
    <div className={css.page}>
      <HealthPulse />
      <PageHead title={t('title')} />
      <VideoNav />
      {can('pictures.view') ? <Wall /> : <Teach title={t('noRight')}>{t('noRightText')}</Teach>}
    </div>
  )
}

function Wall() {
  const t = useText(wallText)
  const { message } = App.useApp()
  const [search] = useSearchParams()
  const given = useMemo(() => readFilters(search), [search])
  const desk = useDesk(search.get('camera'))
  const { hung, act, meet } = desk
  const [purpose, setPurpose] = usePurpose()
  const [chosen, setChosen] = useState(0)
  const [paused, setPaused] = useState(false)
  const [listed, setListed] = useState(() => window.innerWidth > 720)
  const [steered, setSteered] = useState<string | null>(null)
  const [full, turnFull] = useFull()

  const running = purpose !== null && !paused && tours(hung)
  const seconds = useTourClock(running, hung)
  const shown = useMemo(() => shownAt(hung, seconds), [hung, seconds])
  const pause = useCallback(() => setPaused((before) => !before), [])
  const here = Math.min(chosen, hung.size - 1)
  const kept = useMemo(() => known(asLayout(hung), desk.cameras), [hung, desk.cameras])

  const picked: Picked = {
    onHang: (camera: CameraItem) => {
      meet([camera])
      const at = hung.cells[here] ? emptyFrom(here) : here
      act({ do: 'hang', at, tour: alone(camera.id) })
      setChosen(at)
    },
    onFill: (cameras) => {
      meet(cameras)
      act({ do: 'fill', cameras: cameras.map(({ id }) => id), from: 0 })
    },
    onTour: (cameras, every, whole) => {
      meet(cameras)
      const tour = tourOf(cameras.map(({ id }) => id), every)
      act(whole ? { do: 'tour', tour } : { do: 'hang', at: here, tour })
    },
  }
  /** The first empty cell from the chosen one on; the chosen one itself when all are full. */
  function emptyFrom(at: number): number {
    for (let step = 0; step < hung.size; step++) {
      const index = (at + step) % hung.size
      if (!hung.cells[index]) return index
    }
    return at
  }
  const clear = () => {
    const before = asLayout(hung)
    act({ do: 'clear' })
    const key = 'wall-cleared'
    const undo = () => {
      message.destroy(key)
      act({ do: 'load', layout: before })
    }
    void message.info({ key, duration: 8, content: <>{t('bar.cleared')} <Button size="small" type="link" onClick={undo}>{t('saved.undo')}</Button></> })
  }

  return (
    <div className={css.wall} data-full={full || undefined}>
      <ProblemNote error={desk.problem} />
      <div className={css.top}>
        <WallBar
          hung={hung} purpose={purpose} paused={paused} listed={listed} full={full}
          onChange={act} onPause={pause} onPurpose={() => setPurpose(null)} onList={() => setListed(!listed)} onFull={turnFull} onClear={clear}
        />
        <SavedWalls named={desk.named} layout={kept} onOpen={desk.open} onKept={desk.setNamed} />
      </div>
      <div className={css.body} data-listed={listed || undefined} data-steered={steered !== null || undefined}>
        {listed && <Source given={given} {...picked} />}
        <div className={css.middle}>
          {desk.ready && (
            <Board
              hung={hung} shown={shown} cameras={desk.cameras} purpose={purpose} chosen={here}
              onChoose={setChosen} onChange={act} onSteer={setSteered} onPause={pause}
            />
          )}
          {desk.ready && purpose === null && !isBare(hung) && (
            <div className={css.ask}>
              <PurposeForm busy={false} problem={null} onChosen={setPurpose} />
            </div>
          )}
          {desk.ready && isBare(hung) && <p className={css.teach}>{t('board.teach')}</p>}
        </div>
        {steered !== null && <Steer camera={steered} onClose={() => setSteered(null)} />}
      </div>
      <Alarms onHang={picked.onHang} />
    </div>
  )
}

/** Why this wall is looked at: asked once for all its pictures and tours, and again after a shift. */
function usePurpose(): [ChosenPurpose | null, (purpose: ChosenPurpose | null) => void] {
  const [purpose, setPurpose] = useState<ChosenPurpose | null>(() => {
    const kept = rememberedPurpose()
    return kept?.keep ? kept : null
  })
  const choose = useCallback((next: ChosenPurpose | null) => {
    if (next) rememberPurpose(next)
    setPurpose(next)
  }, [])
  useEffect(() => {
    if (!purpose) return undefined
    const timer = window.setTimeout(() => setPurpose(null), PURPOSE_HOURS * 3_600_000)
    return () => window.clearTimeout(timer)
  }, [purpose])
  return [purpose, choose]
}

/** The wall alone on the screen: the page goes full screen and the wall covers it, so that messages stay visible. */
function useFull(): [boolean, () => void] {
  const [full, setFull] = useState(false)
  useEffect(() => {
    const onChange = () => {
      if (!document.fullscreenElement) setFull(false)
    }
    document.addEventListener('fullscreenchange', onChange)
    return () => document.removeEventListener('fullscreenchange', onChange)
  }, [])
  const turn = useCallback(() => {
    setFull(!full)
    if (full) {
      if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined)
    } else if (document.fullscreenEnabled) document.documentElement.requestFullscreen().catch(() => undefined)
  }, [full])
  return [full, turn]
}
