import { lazy } from 'react'
import { createBrowserRouter } from 'react-router'
import { Shell } from './Shell'

const Cockpit = lazy(() => import('@/pages/cockpit/CockpitPage'))
const Cameras = lazy(() => import('@/pages/cameras/CamerasPage'))
const CameraPage = lazy(() => import('@/pages/camera/CameraPage'))
const AccessPage = lazy(() => import('@/pages/gather/AccessPage'))
const SyncPage = lazy(() => import('@/pages/gather/SyncPage'))
const ImportPage = lazy(() => import('@/pages/imports/ImportPage'))
const DiscoverPage = lazy(() => import('@/pages/gather/DiscoverPage'))
const SharesPage = lazy(() => import('@/pages/shares/SharesPage'))
const PlanningPage = lazy(() => import('@/pages/planning/PlanningPage'))
const WallPage = lazy(() => import('@/pages/wall/WallPage'))
const PlaybackPage = lazy(() => import('@/pages/playback/PlaybackPage'))
const RecordingsPage = lazy(() => import('@/pages/playback/RecordingsPage'))
const GrantsPage = lazy(() => import('@/pages/grants/GrantsPage'))
const RegisterPage = lazy(() => import('@/pages/grants/RegisterPage'))
const HealthPage = lazy(() => import('@/pages/health/HealthPage'))
const BehindPage = lazy(() => import('@/pages/health/BehindPage'))
const SweepsPage = lazy(() => import('@/pages/health/sweeps/SweepsPage'))
const CasesPage = lazy(() => import('@/pages/cases/CasesPage'))
const CasePage = lazy(() => import('@/pages/cases/CasePage'))
const InboxPage = lazy(() => import('@/pages/cases/notices/InboxPage'))
const NoticeSettings = lazy(() => import('@/pages/cases/notices/SettingsPage'))
const SystemPage = lazy(() => import('@/pages/system/SystemPage'))
const Missing = lazy(() => import('./Missing'))

export const router = createBrowserRouter([
  {
    element: <Shell />,
    children: [
      { index: true, element: <Cockpit /> },
      { path: 'cameras', element: <Cameras /> },
      { path: 'cameras/access', element: <AccessPage /> },
      { path: 'cameras/sync', element: <SyncPage /> },
      { path: 'cameras/import/:id?', element: <ImportPage /> },
      { path: 'cameras/discover', element: <DiscoverPage /> },
      { path: 'cameras/planning', element: <PlanningPage /> },
      { path: 'cameras/above', element: <SharesPage /> },
      { path: 'cameras/:id', element: <CameraPage /> },
      { path: 'video', element: <WallPage /> },
      { path: 'video/playback', element: <PlaybackPage /> },
      { path: 'video/recordings', element: <RecordingsPage /> },
      { path: 'video/grants/:part?', element: <GrantsPage /> },
      { path: 'video/register', element: <RegisterPage /> },
      { path: 'health', element: <HealthPage /> },
      { path: 'health/sweeps', element: <SweepsPage /> },
      { path: 'health/behind', element: <BehindPage /> },
      { path: 'cases', element: <CasesPage /> },
      { path: 'cases/notices', element: <InboxPage /> },
      { path: 'cases/settings', element: <NoticeSettings /> },
      { path: 'cases/:id', element: <CasePage /> },
      { path: 'system/:section?', element: <SystemPage /> },
      { path: '*', element: <Missing /> },
    ],
  },
])
