import { AlertOutlined, AppstoreOutlined, EyeOutlined, HeartOutlined, PlaySquareOutlined, SearchOutlined, SettingOutlined, VideoCameraOutlined } from '@ant-design/icons'
import { Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import { Navigate, NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import { useLiveState } from '@/api/liveContext'
import { useText } from '@/text/language'
import { Account } from './Account'
import { useMe } from './auth'
import { Bell } from './Bell'
import { Boundary } from './Boundary'
import { isTyping, Keys } from './keys'
import { KeysHelp } from './KeysHelp'
import { placesFor, type Place } from './nav'
import { Search } from './Search'
import css from './Shell.module.css'
import { appText } from './text'
import { MoodProvider } from './theme/Mood'

const ICONS: Record<Place['key'], typeof AppstoreOutlined> = {
  overview: AppstoreOutlined,
  cameras: VideoCameraOutlined,
  video: PlaySquareOutlined,
  health: HeartOutlined,
  scenes: EyeOutlined,
  cases: AlertOutlined,
  system: SettingOutlined,
}

/** The frame of every page: the rail on the left, the page's mood, search and keyboard. */
export function Shell() {
  const t = useText(appText)
  const me = useMe()
  const places = useMemo(() => placesFor(me.permissions), [me.permissions])
  const location = useLocation()
  const [panel, setPanel] = useState<'search' | 'help' | null>(null)
  const close = useCallback(() => setPanel(null), [])
  usePageKeys(places, setPanel)
  // Who may use nothing of this frame works for a firm: theirs is the page for the telephone.
  if (places.length === 0 && me.permissions.includes('maintenance.do')) return <Navigate to="/m" replace />

  return (
    <MoodProvider mood={location.pathname === '/' || location.pathname.endsWith('/screen') ? 'cockpit' : 'desk'}>
      <a className={css.skip} href="#content">{t('skip')}</a>
      <div className={css.shell}>
        <nav className={css.rail} aria-label={t('nav.label')}>
          <img className={css.mark} src="/mark.svg" alt={t('name')} width="32" height="32" />
          {places.map((place) => {
            const Icon = ICONS[place.key]
            return (
              <NavLink key={place.key} to={place.path} end={place.path === '/'} className={({ isActive }) => (isActive ? `${css.place} ${css.here}` : css.place)}>
                <Icon aria-hidden />
                <span>{t(place.label)}</span>
              </NavLink>
            )
          })}
          <div className={css.foot}>
            <button type="button" className={css.place} onClick={() => setPanel('search')} aria-keyshortcuts="/">
              <SearchOutlined aria-hidden />
              <span>{t('search.open')}</span>
            </button>
            <Bell />
            <Account onKeys={() => setPanel('help')} />
          </div>
        </nav>
        <main id="content" className={css.content} tabIndex={-1}>
          <LiveNotice />
          <Boundary key={location.pathname}>
            <Suspense fallback={<Waiting />}>
              <Outlet />
            </Suspense>
          </Boundary>
        </main>
      </div>
      {panel === 'search' && <Search places={places} onClose={close} />}
      {panel === 'help' && <KeysHelp places={places} onClose={close} />}
    </MoodProvider>
  )
}

function usePageKeys(places: readonly Place[], open: (panel: 'search' | 'help') => void): void {
  const navigate = useNavigate()
  useEffect(() => {
    const keys = new Keys()
    const onKey = (event: KeyboardEvent) => {
      const command = keys.press(
        { key: event.key, typing: isTyping(event.target), modified: event.ctrlKey || event.altKey || event.metaKey },
        event.timeStamp,
      )
      if (!command) return
      event.preventDefault()
      if (command.is === 'go') {
        const place = places.find((one) => one.letter === command.letter)
        if (place) void navigate(place.path)
      } else open(command.is)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [places, navigate, open])
}

/** Appears only when the connection has been away long enough that figures may be stale. */
function LiveNotice() {
  const t = useText(appText)
  const state = useLiveState()
  const [late, setLate] = useState(false)
  const away = state === 'waiting' || state === 'connecting'
  useEffect(() => {
    if (!away) return undefined
    const timer = window.setTimeout(() => setLate(true), 4000)
    return () => {
      window.clearTimeout(timer)
      setLate(false)
    }
  }, [away])
  return late ? <p className={css.notice} role="status">{t('live.waiting')}</p> : null
}

function Waiting() {
  const t = useText(appText)
  return <p className={css.waiting} role="status">{t('start.wait')}</p>
}
