import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { call, get, setRequestLanguage, whenSessionIsLost } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Me, Permission } from '@/api/types'
import type { Language } from '@/text/core'
import { useLanguage } from '@/text/language'

export type AuthState =
  | { is: 'starting' }
  | { is: 'failed'; problem: Problem }
  | { is: 'out' }
  | { is: 'in'; me: Me }

interface Auth {
  state: AuthState
  reload: () => Promise<void>
  login: (name: string, password: string, code?: string) => Promise<void>
  logout: () => Promise<void>
  changePassword: (old: string, next: string) => Promise<void>
  chooseLanguage: (language: Language) => void
}

const AuthContext = createContext<Auth | null>(null)

export function useAuth(): Auth {
  const auth = use(AuthContext)
  if (!auth) throw new Error('useAuth outside AuthProvider')
  return auth
}

/** The person who is logged in; only below the shell, which renders for nobody else. */
export function useMe(): Me {
  const { state } = useAuth()
  if (state.is !== 'in') throw new Error('useMe without a session')
  return state.me
}

export function useCan(): (permission: Permission) => boolean {
  const me = useMe()
  return useCallback((permission: Permission) => me.permissions.includes(permission), [me])
}

/** The region a person's figures are about: their one region, else Guangxi, which the platform narrows to their scope. */
export function useHomeRegion(): string {
  const { regions } = useMe()
  return (regions.length === 1 ? regions[0]?.code : undefined) ?? '45'
}

async function readMe(): Promise<AuthState> {
  try {
    return { is: 'in', me: await get<Me>('/me') }
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem({}, 0)
    return problem.status === 401 ? { is: 'out' } : { is: 'failed', problem }
  }
}

export function AuthProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<AuthState>({ is: 'starting' })
  const { language, setLanguage } = useLanguage()
  const queries = useQueryClient()

  // Set while rendering, not after it: what the children ask in their own effects must be asked in this language already.
  setRequestLanguage(language)

  const accept = useCallback(
    (next: AuthState) => {
      if (next.is === 'in') setLanguage(next.me.language)
      setState(next)
    },
    [setLanguage],
  )
  const reload = useCallback(async () => accept(await readMe()), [accept])

  useEffect(() => {
    whenSessionIsLost(() => setState((before) => (before.is === 'in' ? { is: 'out' } : before)))
    let gone = false
    void readMe().then((next) => {
      if (!gone) accept(next)
    })
    return () => {
      gone = true
    }
  }, [accept])

  const login = useCallback(
    async (name: string, password: string, code?: string) => {
      await call('POST', '/sessions', { body: { name, password, ...(code ? { code } : {}) } })
      await reload()
    },
    [reload],
  )

  const logout = useCallback(async () => {
    try {
      const { data } = await call<{ url: string } | undefined>('DELETE', '/sessions/current')
      // Signed in with an identity provider: its own page asks whether to sign out there, too.
      if (data) window.location.assign(data.url)
    } finally {
      queries.clear()
      setState({ is: 'out' })
    }
  }, [queries])

  const changePassword = useCallback(
    async (old: string, next: string) => {
      await call('PUT', '/me/password', { body: { old, new: next } })
      await reload()
    },
    [reload],
  )

  const chooseLanguage = useCallback(
    (next: Language) => {
      setLanguage(next)
      if (state.is !== 'in') return
      setState({ is: 'in', me: { ...state.me, language: next } })
      // What the platform worded is read again in the new language.
      setRequestLanguage(next)
      void queries.invalidateQueries()
      // The page has switched already; if the platform cannot keep it, this browser still does.
      call('PATCH', '/me', { body: { language: next } }).catch(() => undefined)
    },
    [queries, setLanguage, state],
  )

  const auth = useMemo(
    () => ({ state, reload, login, logout, changePassword, chooseLanguage }),
    [state, reload, login, logout, changePassword, chooseLanguage],
  )
  return <AuthContext value={auth}>{children}</AuthContext>
}
