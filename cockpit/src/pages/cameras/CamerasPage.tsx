import { AppstoreOutlined, DownloadOutlined, PlusOutlined, UnorderedListOutlined } from '@ant-design/icons'
import { Button, Segmented } from 'antd'
import { lazy, Suspense, useCallback, useMemo } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { path } from '@/api/client'
import { useCan } from '@/app/auth'
import { HealthPulse } from '@/parts/HealthPulse'
import { useMapData } from '@/parts/map/useMapData'
import { PageHead } from '@/parts/Page'
import { useText } from '@/text/language'
import { AddCamera } from './AddCamera'
import { CamerasNav } from './CamerasNav'
import { CameraTable } from './CameraTable'
import css from './CamerasPage.module.css'
import { FilterBar } from './FilterBar'
import { asQuery, isEmpty, readFilters, SORTS, writeFilters, type Filters, type Sort } from './filters'
import { SelectionPanel } from './select/SelectionPanel'
import { useSelection } from './select/useSelection'
import { camerasText } from './text'
import { Trees } from './Trees'

const RegionMap = lazy(() => import('@/parts/map/RegionMap'))

/** All cameras a person may see: tree on the left, table or map on the right, one set of filters for all. */
export default function CamerasPage() {
  const t = useText(camerasText)
  const can = useCan()
  const [search, setSearch] = useSearchParams()
  const filters = useMemo(() => readFilters(search), [search])
  const view = search.get('view') === 'map' ? 'map' : 'table'
  const sort = SORTS.find((one) => one === search.get('sort')) ?? 'name'
  const change = useCallback((next: Filters) => setSearch(writeFilters(next, search)), [search, setSearch])
  const put = useCallback(
    (name: string, value: string | null) => {
      const next = new URLSearchParams(search)
      if (value === null) next.delete(name)
      else next.set(name, value)
      setSearch(next, { replace: true })
    },
    [search, setSearch],
  )

  return (
    <div className={css.page}>
      <HealthPulse />
      <PageHead title={t('title')}>
        <Segmented
          aria-label={t('view.label')}
          value={view}
          options={[
            { value: 'table', label: t('view.table'), icon: <UnorderedListOutlined aria-hidden /> },
            { value: 'map', label: t('view.map'), icon: <AppstoreOutlined aria-hidden /> },
          ]}
          onChange={(value) => put('view', value === 'map' ? 'map' : null)}
        />
        {can('pictures.view') && !isEmpty(filters) && <Link to={`/video?${writeFilters(filters, new URLSearchParams()).toString()}`}><Button>{t('toWall')}</Button></Link>}
        <Button icon={<DownloadOutlined />} href={path('/cameras/export.csv', { ...asQuery(filters), sort })} download title={t('export.title')}>
          {t('export')}
        </Button>
        {can('cameras.write') && <Button type="primary" icon={<PlusOutlined />} onClick={() => put('add', '1')}>{t('add.open')}</Button>}
      </PageHead>
      <CamerasNav />
      <div className={css.body}>
        <aside className={css.tree}>
          <Trees filters={filters} onChange={change} />
        </aside>
        <section className={css.list}>
          <FilterBar filters={filters} sort={view === 'table' ? sort : null} onChange={change} onSort={(next: Sort) => put('sort', next)} />
          {view === 'table' ? <CameraTable filters={filters} sort={sort} /> : <CameraMapView filters={filters} />}
        </section>
      </div>
      {can('cameras.write') && search.get('add') && <AddCamera region={filters.region} onClose={() => put('add', null)} />}
    </div>
  )
}

function CameraMapView({ filters }: { filters: Filters }) {
  const navigate = useNavigate()
  const query = useMemo(() => asQuery(filters), [filters])
  const map = useMapData(query)
  const selection = useSelection(query)
  const placing = selection.placing ? selection : null
  const open = useCallback((id: string) => void navigate(`/cameras/${id}`), [navigate])
  return (
    <div className={css.map}>
      <Suspense fallback={null}>
        <RegionMap data={map.data} onView={map.onView} onCamera={open} region={filters.region} shapes={selection.shapes} placing={placing} />
      </Suspense>
      <SelectionPanel selection={selection} />
    </div>
  )
}
