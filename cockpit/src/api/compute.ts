import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get } from './client'
import type { List } from './types'

const SECOND = 1000

export interface Tier {
  code: string
  zh: string
  en: string
  /** Time between two pictures, s; 0: none. */
  every_seconds: number
  decoding: 'keyframes' | 'reference' | 'full'
}

export interface Round {
  at: string
  used: number
  measured: number
  cameras: number
  tiers: Record<string, number>
  scenes: number
  served: number
  shed: number
  value: number
  bound: number
  wanted: number
  price: number
  changed: number
  seconds: number
}

export interface Pool {
  /** Empty: the common one. */
  name: string
  label: string
  region: string | null
  quota: number | null
  workers: number
  capacity: number
  lent: number
  borrowed: number
  available: number
  etag: string | null
  editable: boolean
  round: Round | null
}

export interface Pools {
  items: Pool[]
  tiers: Tier[]
  enabled: boolean
  every_seconds: number
  reserve: number
  idle_workers: string[]
}

export interface Loan {
  id: string
  lender: string
  borrower: string
  cores: number
  starts_at: string
  ends_at: string
  words: string
  by_name: string
  made_at: string | null
  taken_back_at: string | null
  taken_back_by: string | null
  running: boolean
}

export interface LoanIn {
  lender: string
  borrower: string
  cores: number
  ends_at: string
  words: string
}

export interface ForeseenPool {
  pool: string
  available_before: number
  available_after: number
  shed_before: number
  shed_after: number
  served_before: number
  served_after: number
  scenes: number
}

export interface ForeseenLoan {
  as_of: string
  items: ForeseenPool[]
  worth_before: number
  worth_after: number
}

export interface Member {
  id: string
  name: string
  region: string
  tier: string
  every_seconds: number
  need: string | null
  cost: number
  until: string | null
}

export interface Priority {
  scene: string
  zh: string
  en: string
  base: number
  factor: number
  etag: string
}

export type Why = 'undecided' | 'enough' | 'no_scenes' | 'no_room' | 'outbid' | 'next_round'

export interface Explained {
  why: Why
  watched: boolean
  tier: string | null
  every_seconds: number | null
  need: string | null
  pool: string
  pool_label: string
  until: string | null
  deployment: string | null
  activity: number
  uncertainty: number
  eagerness: number
  stale: number
  factor: number
  afoot: boolean
  looked_at: string | null
  scenes: { every_seconds: number; served: boolean }[]
  rungs: { code: string; every_seconds: number; decoding: Tier['decoding']; cost: number; value: number; served: number }[]
  next: { code: string; factor: number | null; cores: number | null } | null
  as_of: string | null
}

/** What a pool is called in an address: the common one has no name of its own. */
export const inPath = (name: string) => name || 'common'

export function usePools(enabled = true) {
  return useQuery({
    queryKey: ['compute', 'pools'],
    queryFn: ({ signal }) => get<Pools>('/compute/pools', {}, signal),
    enabled,
    refetchInterval: 15 * SECOND,
  })
}

export function useLoans() {
  return useQuery({ queryKey: ['compute', 'loans'], queryFn: ({ signal }) => get<List<Loan>>('/compute/loans', { limit: 50 }, signal) })
}

export function usePriorities() {
  return useQuery({ queryKey: ['compute', 'priorities'], queryFn: ({ signal }) => get<{ items: Priority[] }>('/compute/priorities', {}, signal) })
}

export function useMembers(pool: string, tier: string | undefined, shed: boolean, after: string | undefined) {
  return useQuery({
    queryKey: ['compute', 'cameras', pool, tier, shed, after],
    queryFn: ({ signal }) => get<List<Member>>(`/compute/pools/${inPath(pool)}/cameras`, { tier, shed: shed || undefined, after, limit: 20 }, signal),
    placeholderData: keepPreviousData,
  })
}

export function useExplained(camera: string) {
  return useQuery({
    queryKey: ['compute', 'why', camera],
    queryFn: ({ signal }) => get<Explained>(`/cameras/${camera}/budget`, {}, signal),
    refetchInterval: 30 * SECOND,
  })
}
