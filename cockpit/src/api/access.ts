import { useQuery } from '@tanstack/react-query'
import { call, get } from './client'

/** An identity provider to sign in with. */
export interface Provider {
  name: string
  title: string
}

/** How one's second factor stands. */
export interface Factor {
  confirmed_at: string | null
  recovery_left: number
  required: boolean
}

/** An authenticator about to be set up; shown once. */
export interface Enrolment {
  secret: string
  /** `otpauth://…`, for the QR code. */
  address: string
}

/** A place where a person is signed in. */
export interface SessionItem {
  id: string
  address: string | null
  agent: string | null
  created_at: string
  seen_at: string
  expires_at: string
  provider: string | null
  factor: boolean
  current: boolean
}

/** A provider one can sign in with. */
export interface JoinedIdentity {
  provider: string
  title: string
  subject: string
  created_at: string
  seen_at: string
}

interface List<T> {
  items: T[]
}

export const useProviders = () =>
  useQuery({ queryKey: ['providers'], queryFn: ({ signal }) => get<List<Provider>>('/sign-in/providers', undefined, signal), staleTime: Infinity })

export const useFactor = () => useQuery({ queryKey: ['factor'], queryFn: ({ signal }) => get<Factor>('/me/factor', undefined, signal) })

export const useIdentities = () =>
  useQuery({ queryKey: ['identities'], queryFn: ({ signal }) => get<List<JoinedIdentity>>('/me/identities', undefined, signal) })

/** Where a person is signed in; one's own without `person`. */
export const useSessions = (person?: string) =>
  useQuery({
    queryKey: ['sessions', person ?? 'me'],
    queryFn: ({ signal }) => get<List<SessionItem>>(person ? `/people/${person}/sessions` : '/sessions', undefined, signal),
  })

export const beginFactor = async () => (await call<Enrolment>('POST', '/me/factor')).data
export const confirmFactor = async (code: string) => (await call<{ codes: string[] }>('PUT', '/me/factor', { body: { code } })).data.codes
export const proveFactor = (code: string) => call('POST', '/me/factor/proof', { body: { code } })
export const newRecoveryCodes = async (code: string) =>
  (await call<{ codes: string[] }>('POST', '/me/factor/recovery-codes', { body: { code } })).data.codes
export const removeFactor = (code: string) => call('POST', '/me/factor/removal', { body: { code } })

/** Sends the browser to a provider; it comes back by itself. */
export async function goToProvider(route: string, body?: unknown): Promise<void> {
  const { data } = await call<{ url: string }>('POST', route, body === undefined ? {} : { body })
  window.location.assign(data.url)
}
