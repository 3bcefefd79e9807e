import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { BASE, call, get, type Query } from './client'
import type { CameraChoice } from './grants'
import type { CaseItem, List } from './types'

const SECOND = 1000

export interface Word {
  code: string
  zh: string
  en: string
}

export type Recheck = '' | 'asked' | 'well' | 'faulty' | 'late'

/** A case about faults of cameras, with what maintenance knows of it. */
export interface OrderItem extends CaseItem {
  code: string
  why: string
  cameras: number
  unit_id: string | null
  contract: string
  respond_at: string | null
  taken_at: string | null
  taken_name: string
  arrived_at: string | null
  handled_at: string | null
  cause: string | null
  parts: string
  recheck: Recheck
  rejected: number
}

export interface MemberFault {
  id: string
  code: string
  said: string
  state: 'waiting' | 'held' | 'ordered' | 'ended'
  at: string
  seen_at: string
  times: number
  ended_at: string | null
  ended_how: string | null
  detail: Record<string, unknown>
}

export interface OrderMember {
  id: string
  code: string
  name: string
  region: { code: string; name: string | null }
  address: string
  point: [number, number] | null
  well: boolean
  faults: MemberFault[]
  file: Record<string, string>
  warranty_until: string | null
}

export interface OrderPhoto {
  id: string
  kind: string
  bytes: number
  width: number
  height: number
  located: boolean
  by_name: string
  at: string
}

export interface OrderLine {
  at: string
  action: string
  by_name: string
  unit: string
  words: string
  said: string
}

export type LookState = 'open' | 'well' | 'faulty' | 'unreachable'

export interface Look {
  camera: string
  state: LookState
  words: string
  by_name: string
  at: string | null
}

export interface OrderDetail extends OrderItem {
  first: string[]
  members: OrderMember[]
  photos: OrderPhoto[]
  history: OrderLine[]
  checked: { well: number; of: number; still: string[] } | null
  recheck_until: string | null
  arrived: [number, number] | null
  causes: Word[]
  version: number
  round: string
  checklist: string[]
  looks: Look[]
}

// --- the firm -------------------------------------------------------------------------------------------------------

const MINE = '/maintenance/mine'

/** While a repair is being checked the answer is looked for every few seconds, else twice a minute. */
const pace = (checking: boolean) => (checking ? 2 * SECOND : 30 * SECOND)

export const useMyOrders = (ended: boolean) =>
  useQuery({
    queryKey: ['my-orders', ended],
    queryFn: ({ signal }) => get<List<OrderItem>>(MINE, { ended, limit: 50 }, signal),
    refetchInterval: (query) => pace(query.state.data?.items.some((one) => one.recheck === 'asked') ?? false),
    refetchOnWindowFocus: true,
  })

export const useMyOrder = (id: string) =>
  useQuery({
    queryKey: ['my-orders', id],
    queryFn: ({ signal }) => get<OrderDetail>(`${MINE}/${id}`, undefined, signal),
    refetchInterval: (query) => {
      const one = query.state.data
      return pace(one?.state === 'handled' && (one.recheck === 'asked' || one.recheck === ''))
    },
    refetchOnWindowFocus: true,
  })

export const takeOrder = async (id: string) => (await call<OrderDetail>('POST', `${MINE}/${id}/take`)).data

export const arriveAt = async (id: string, point: [number, number] | null) =>
  (await call<OrderDetail>('POST', `${MINE}/${id}/arrive`, { body: { point } })).data

export const handledOrder = async (id: string, body: { words: string; cause: string; parts: string }) =>
  (await call<OrderDetail>('POST', `${MINE}/${id}/handled`, { body })).data

export const sayLook = async (id: string, camera: string, body: { state: LookState; words: string }) =>
  (await call<OrderDetail>('POST', `${MINE}/${id}/looks/${camera}`, { body })).data

export const addPhoto = async (id: string, file: Blob) => (await call<OrderPhoto>('POST', `${MINE}/${id}/photos`, { file })).data

export const removePhoto = (id: string, photo: string) => call('DELETE', `${MINE}/${id}/photos/${photo}`)

export const myPhoto = (id: string, photo: string) => `${BASE}${MINE}/${id}/photos/${photo}`

// --- the desk -------------------------------------------------------------------------------------------------------

export interface Sums {
  live: number
  late: number
  waits: number
  checking: number
  cameras: number
  settling: number
  held: number
}

export interface Unit {
  id: string
  name: string
  people: number
}

export const useOrders = (query: Query) =>
  useQuery({
    queryKey: ['orders', query],
    queryFn: ({ signal }) => get<List<OrderItem>>('/maintenance/orders', query, signal),
    refetchInterval: 15 * SECOND,
    placeholderData: keepPreviousData,
  })

export const useOrder = (id: string) =>
  useQuery({
    queryKey: ['orders', id],
    queryFn: ({ signal }) => get<OrderDetail>(`/maintenance/orders/${id}`, undefined, signal),
    refetchInterval: (query) => pace(query.state.data?.recheck === 'asked'),
  })

export const useSums = () =>
  useQuery({ queryKey: ['orders', 'sums'], queryFn: ({ signal }) => get<Sums>('/maintenance/summary', undefined, signal), refetchInterval: 15 * SECOND })

export const useWords = () =>
  useQuery({
    queryKey: ['maintenance-words'],
    queryFn: ({ signal }) => get<{ codes: Word[]; causes: Word[]; units: Unit[] }>('/maintenance/words', undefined, signal),
    staleTime: 60 * SECOND,
  })

export const giveAnew = (id: string) => call<OrderDetail>('POST', `/maintenance/orders/${id}/give`)
export const recheckOrder = (id: string) => call<OrderDetail>('POST', `/maintenance/orders/${id}/recheck`)
export const splitOrder = async (id: string, cameras: readonly string[]) =>
  (await call<OrderDetail>('POST', `/maintenance/orders/${id}/split`, { body: { cameras } })).data

export const deskPhoto = (id: string, photo: string) => `${BASE}/maintenance/orders/${id}/photos/${photo}`

/** Which cameras, as the platform keeps it. */
export interface Choice {
  selection: CameraChoice
  platforms: string[]
  units: string[]
}

export interface Level {
  codes: string[]
  severities: number[]
  respond: number
  repair: number
}

export interface Calendar {
  days: number[]
  from: string
  to: string
  closed: string[]
  opened: string[]
}

export interface ContractBody {
  name: string
  number: string
  unit_id: string
  choice: Choice
  valid_from: string
  valid_to: string
  levels: Level[]
  calendar: Calendar | null
  warranty: Record<string, number>
  words: string
}

export interface Contract extends ContractBody {
  id: string
  unit_name: string
  by_name: string
  created_at: string
  updated_at: string
  ended_at: string | null
  running: boolean
}

export const useContracts = (after?: string) =>
  useQuery({ queryKey: ['contracts', after], queryFn: ({ signal }) => get<List<Contract>>('/maintenance/contracts', { after }, signal) })

export const useContract = (id: string | undefined) =>
  useQuery({
    queryKey: ['contracts', 'one', id],
    queryFn: ({ signal }) => call<Contract>('GET', `/maintenance/contracts/${id ?? ''}`, { signal }),
    enabled: id !== undefined,
    staleTime: 0,
  })

export const writeContract = (body: ContractBody, id: string | undefined, etag: string | null | undefined) =>
  id === undefined
    ? call<Contract>('POST', '/maintenance/contracts', { body })
    : call<Contract>('PUT', `/maintenance/contracts/${id}`, { body, ifMatch: etag ?? undefined })

export const endContract = (id: string) => call<Contract>('DELETE', `/maintenance/contracts/${id}`)

export const useComesTo = (choice: Choice, enabled: boolean) =>
  useQuery({
    queryKey: ['maintenance-choice', choice],
    queryFn: async ({ signal }) => (await call<{ cameras: number; names: string[] }>('POST', '/maintenance/choices', { body: choice, signal })).data,
    enabled,
    retry: false,
  })

export interface Round {
  id: string
  name: string
  contract_id: string | null
  unit_id: string | null
  choice: Choice
  every_days: number
  within_days: number
  checklist: string[]
  next_on: string
  by_name: string
  updated_at: string
  ended_at: string | null
  latest: {
    case_id: string
    number: number
    state: string
    opened_at: string
    deadline_at: string | null
    overdue: boolean
    cameras: number
    looked: number
    found: number
  } | null
}

export type RoundBody = Pick<Round, 'name' | 'contract_id' | 'unit_id' | 'choice' | 'every_days' | 'within_days' | 'checklist' | 'next_on'>

export const useRounds = () =>
  useQuery({ queryKey: ['rounds'], queryFn: ({ signal }) => get<List<Round>>('/maintenance/rounds', undefined, signal), refetchInterval: 30 * SECOND })

export const addRound = (body: RoundBody) => call<Round>('POST', '/maintenance/rounds', { body })
export const endRound = (id: string) => call<Round>('DELETE', `/maintenance/rounds/${id}`)

export interface Window {
  id: string
  reason: string
  choice: Choice
  cameras: number
  starts_at: string
  ends_at: string
  ended_at: string | null
  state: 'coming' | 'open' | 'over'
  by_name: string
  created_at: string
}

export const useWindows = (after?: string) =>
  useQuery({
    queryKey: ['windows', after],
    queryFn: ({ signal }) => get<List<Window>>('/maintenance/windows', { after }, signal),
    refetchInterval: 30 * SECOND,
  })

export const planWindow = (body: { choice: Choice; reason: string; starts_at: string; ends_at: string }) =>
  call<Window>('POST', '/maintenance/windows', { body })

export const endWindow = (id: string, ends_at: string | null) => call<Window>('POST', `/maintenance/windows/${id}/end`, { body: { ends_at } })

export const useCameraMaintenance = (camera: string, enabled: boolean) =>
  useQuery({
    queryKey: ['camera-maintenance', camera],
    queryFn: ({ signal }) => get<{ orders: OrderItem[]; windows: Window[] }>(`/cameras/${camera}/maintenance`, undefined, signal),
    enabled,
  })

export type By = 'unit' | 'maker' | 'model' | 'cause' | 'code'

export interface Repairs {
  name: string
  orders: number
  cameras: number
  open: number
  respond_hours: number | null
  responded: number
  repair_hours: number | null
  repaired: number
  on_time: number | null
  due: number
  came_back: number | null
  said: number
}

export interface Statistics {
  by: By
  start: string
  end: string
  orders: number
  rows: Repairs[]
}

export const useStatistics = (query: Query) =>
  useQuery({
    queryKey: ['repairs', query],
    queryFn: ({ signal }) => get<Statistics>('/maintenance/statistics', query, signal),
    placeholderData: keepPreviousData,
  })
