import { lazy, Suspense } from 'react'
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
const RecordsPage = lazy(() => import('@/pages/health/records/RecordsPage'))
const SweepsPage = lazy(() => import('@/pages/health/sweeps/SweepsPage'))
const ReportsPage = lazy(() => import('@/pages/health/reports/ReportsPage'))
const AssessmentPage = lazy(() => import('@/pages/health/assessment/AssessmentPage'))
const ExemptionsPage = lazy(() => import('@/pages/health/exemptions/ExemptionsPage'))
const DiagnosisPage = lazy(() => import('@/pages/health/diagnosis/DiagnosisPage'))
const ScenesPage = lazy(() => import('@/pages/scenes/ScenesPage'))
const ScenePage = lazy(() => import('@/pages/scenes/kinds/ScenePage'))
const PacksPage = lazy(() => import('@/pages/scenes/packs/PacksPage'))
const TunePage = lazy(() => import('@/pages/scenes/tune/TunePage'))
const VisitorsPage = lazy(() => import('@/pages/scenes/visitors/VisitorsPage'))
const ComputePage = lazy(() => import('@/pages/scenes/compute/ComputePage'))
const DeploymentsPage = lazy(() => import('@/pages/scenes/deployments/DeploymentsPage'))
const DeploymentPage = lazy(() => import('@/pages/scenes/deployments/DeploymentPage'))
const DeploymentScreen = lazy(() => import('@/pages/scenes/deployments/ScreenPage'))
const DemandsPage = lazy(() => import('@/pages/scenes/demands/DemandsPage'))
const DemandPage = lazy(() => import('@/pages/scenes/demands/DemandPage'))
const TraitSearchPage = lazy(() => import('@/pages/scenes/search/SearchPage'))
const TrainingPage = lazy(() => import('@/pages/scenes/training/TrainingPage'))
const CasesPage = lazy(() => import('@/pages/cases/CasesPage'))
const CasePage = lazy(() => import('@/pages/cases/CasePage'))
const IncidentsPage = lazy(() => import('@/pages/cases/incidents/IncidentsPage'))
const IncidentRules = lazy(() => import('@/pages/cases/incidents/RulesPage'))
const InboxPage = lazy(() => import('@/pages/cases/notices/InboxPage'))
const NoticeSettings = lazy(() => import('@/pages/cases/notices/SettingsPage'))
const MaintenancePage = lazy(() => import('@/pages/maintenance/MaintenancePage'))
const OrderPage = lazy(() => import('@/pages/maintenance/OrderPage'))
const FirmPage = lazy(() => import('@/pages/firm/FirmPage'))
const FirmOrder = lazy(() => import('@/pages/firm/FirmOrder'))
const SystemPage = lazy(() => import('@/pages/system/SystemPage'))
const Missing = lazy(() => import('./Missing'))

export const router = createBrowserRouter([
  // The firm's pages stand outside the frame: a telephone has no room for it, and its people may use nothing else of it.
  { path: 'm', element: <Suspense fallback={null}><FirmPage /></Suspense> },
  { path: 'm/:id', element: <Suspense fallback={null}><FirmOrder /></Suspense> },
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
      { path: 'health/records', element: <RecordsPage /> },
      { path: 'health/diagnosis', element: <DiagnosisPage /> },
      { path: 'health/behind', element: <BehindPage /> },
      { path: 'health/reports', element: <ReportsPage /> },
      { path: 'health/assessment/:id?', element: <AssessmentPage /> },
      { path: 'health/exemptions', element: <ExemptionsPage /> },
      { path: 'health/maintenance/orders/:id', element: <OrderPage /> },
      { path: 'health/maintenance/:part?', element: <MaintenancePage /> },
      { path: 'scenes', element: <ScenesPage /> },
      { path: 'scenes/kind/:code', element: <ScenePage /> },
      { path: 'scenes/tune/:id?', element: <TunePage /> },
      { path: 'scenes/packs', element: <PacksPage /> },
      { path: 'scenes/training', element: <TrainingPage /> },
      { path: 'scenes/search', element: <TraitSearchPage /> },
      { path: 'scenes/visitors', element: <VisitorsPage /> },
      { path: 'scenes/compute', element: <ComputePage /> },
      { path: 'scenes/deployments', element: <DeploymentsPage /> },
      { path: 'scenes/deployments/:id', element: <DeploymentPage /> },
      { path: 'scenes/deployments/:id/screen', element: <DeploymentScreen /> },
      { path: 'scenes/demands', element: <DemandsPage /> },
      { path: 'scenes/demands/:id', element: <DemandPage /> },
      { path: 'cases', element: <CasesPage /> },
      { path: 'cases/incidents', element: <IncidentsPage /> },
      { path: 'cases/competence', element: <IncidentRules /> },
      { path: 'cases/notices', element: <InboxPage /> },
      { path: 'cases/settings', element: <NoticeSettings /> },
      { path: 'cases/:id', element: <CasePage /> },
      { path: 'system/:section?', element: <SystemPage /> },
      { path: '*', element: <Missing /> },
    ],
  },
])
