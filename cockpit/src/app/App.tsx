import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { RouterProvider } from 'react-router'
import { LiveProvider } from '@/api/liveContext'
import { Problem } from '@/api/problem'
import { FirstPasswordPage } from '@/pages/login/FirstPasswordPage'
import { LoginPage } from '@/pages/login/LoginPage'
import { LanguageProvider, useText } from '@/text/language'
import { AuthProvider, useAuth } from './auth'
import css from './Plain.module.css'
import { router } from './router'
import { appText } from './text'
import { MoodProvider } from './theme/Mood'

const FactorPage = lazy(() => import('@/pages/login/FactorPage'))

function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // A refusal stays a refusal; only a missing answer or an overloaded server is asked again.
        retry: (failures, error) => failures < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
        refetchOnWindowFocus: false,
      },
    },
  })
}

export function App() {
  const [queries] = useState(makeQueries)
  return (
    <LanguageProvider>
      <QueryClientProvider client={queries}>
        <AuthProvider>
          <MoodProvider mood="desk">
            <AntApp style={{ height: '100%' }}>
              <Gate />
            </AntApp>
          </MoodProvider>
        </AuthProvider>
      </QueryClientProvider>
    </LanguageProvider>
  )
}

/** Decides by the session which of the page's three faces is shown. */
function Gate() {
  const t = useText(appText)
  const { state, reload } = useAuth()
  if (state.is === 'starting') return null
  if (state.is === 'failed') {
    return (
      <div className={css.plain} role="alert">
        <h1>{t('start.failed')}</h1>
        <p>{state.problem.message}</p>
        <button type="button" onClick={() => void reload()}>{t('start.retry')}</button>
      </div>
    )
  }
  if (state.is === 'out') return <LoginPage />
  if (state.me.must_change_password) return <FirstPasswordPage />
  if (state.me.factor_owed) {
    return (
      <Suspense fallback={null}>
        <FactorPage owed={state.me.factor_owed} />
      </Suspense>
    )
  }
  return (
    <LiveProvider onSignedOut={() => void reload()}>
      <RouterProvider router={router} />
    </LiveProvider>
  )
}
