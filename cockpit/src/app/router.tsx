import { lazy } from 'react'
import { createBrowserRouter } from 'react-router'
import { Shell } from './Shell'

const Cockpit = lazy(() => import('@/pages/cockpit/CockpitPage'))
const Cameras = lazy(() => import('@/pages/cameras/CamerasPage'))
const CameraPage = lazy(() => import('@/pages/camera/CameraPage'))
const SystemPage = lazy(() => import('@/pages/system/SystemPage'))
const Missing = lazy(() => import('./Missing'))

export const router = createBrowserRouter([
  {
    element: <Shell />,
    children: [
      { index: true, element: <Cockpit /> },
      { path: 'cameras', element: <Cameras /> },
      { path: 'cameras/:id', element: <CameraPage /> },
      { path: 'system/:section?', element: <SystemPage /> },
      { path: '*', element: <Missing /> },
    ],
  },
])
