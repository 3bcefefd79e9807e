import { lazy, Suspense, useCallback, useState } from 'react'
import { useNavigate } from 'react-router'
import { useCamera } from '@/api/queries'
import { useCan, useHomeRegion, useMe } from '@/app/auth'
import { useScreenScale } from '@/app/theme/useScreenScale'
import { HealthPulse } from '@/parts/HealthPulse'
import { useMapData } from '@/parts/map/useMapData'
import { useText } from '@/text/language'
import { Clock } from './Clock'
import css from './CockpitPage.module.css'
import { CountsColumn } from './CountsColumn'
import { Footline } from './Footline'
import { HealthColumn } from './HealthColumn'
import { LivePanel } from './LivePanel'
import { cockpitText } from './text'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))

/** What the cockpit asks of the map: every camera the person may see. */
const ALL = {}

/** The first screen: health on the left, the map in the middle, counts on the right, the platform below. */
export default function CockpitPage() {
  const t = useText(cockpitText)
  const can = useCan()
  const region = useHomeRegion()
  const regionName = useMe().regions[0]?.name
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<string | null>(null)
  const map = useMapData(ALL)
  const scale = useScreenScale() * 1.1
  const choose = useCallback((id: string | null) => setChosen(id), [])
  const openRegion = useCallback((code: string) => void navigate(`/cameras?region=${code}`), [navigate])

  return (
    <div className={css.cockpit}>
      <HealthPulse />
      <header className={css.head}>
        <h1>{region === '45' || !regionName ? t('title') : t('title.region', { region: regionName })}</h1>
        <Clock />
      </header>
      <aside className={css.left}>
        <HealthColumn region={region} onRegion={openRegion} />
      </aside>
      <section className={css.centre}>
        <div className={css.map}>
          <Suspense fallback={null}>
            <RegionMap
              data={map.data}
              onView={map.onView}
              onCamera={choose}
              chosen={null}
              region={region === '45' ? undefined : region}
              scale={scale}
            />
          </Suspense>
        </div>
        {can('pictures.view') && <ChosenCamera id={chosen} onChoose={choose} />}
      </section>
      <aside className={css.right}>
        <CountsColumn region={region} />
      </aside>
      <Footline />
    </div>
  )
}

function ChosenCamera({ id, onChoose }: { id: string | null; onChoose: (id: string | null) => void }) {
  return id ? <Known id={id} onChoose={onChoose} /> : <LivePanel camera={null} onChoose={onChoose} />
}

function Known({ id, onChoose }: { id: string; onChoose: (id: string | null) => void }) {
  const camera = useCamera(id)
  return <LivePanel camera={camera.data?.data ?? null} error={camera.error} onChoose={onChoose} />
}
