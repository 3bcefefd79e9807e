import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get } from './client'

/** A camera on which attributes are collected; only such can be searched. */
export interface CollectingCamera {
  camera_id: string
  name: string
  region: string
  enabled: boolean
  plates: boolean
  days: number
}

export interface SearchAsked {
  cameras: string[]
  purpose_code: string
  purpose_text: string
  from: string
  to: string
  kinds: string[]
  colour?: string | undefined
  upper?: string | undefined
  lower?: string | undefined
  plate?: string | undefined
}

/** A search whose rows can be read until it expires. `cameras`: lines written into the register. */
export interface TraitSearch {
  id: string
  permit_id: string
  cameras: number
  expires_at: string
}

/** Somebody who passed. There is no picture. */
export interface Trait {
  id: string
  camera_id: string
  camera_name: string
  began_at: string
  ended_at: string
  kind: string
  score: number
  colour: string | null
  upper: string | null
  lower: string | null
  colour_share: number
  plate: string | null
  plate_colour: string | null
  plate_score: number
}

interface Pages<T> {
  items: T[]
  next: string | null
}

export const useCollectingCameras = (words: string) =>
  useQuery({
    queryKey: ['traits', 'cameras', words],
    queryFn: ({ signal }) => get<Pages<CollectingCamera>>('/traits/cameras', { words, limit: 200 }, signal),
    placeholderData: keepPreviousData,
  })

export const searchTraits = async (asked: SearchAsked): Promise<TraitSearch> =>
  (await call<TraitSearch>('POST', '/traits/searches', { body: asked })).data

export const useTraitRows = (search: string | undefined, after: string | undefined) =>
  useQuery({
    queryKey: ['traits', 'rows', search, after],
    queryFn: ({ signal }) => get<Pages<Trait>>(`/traits/searches/${search ?? ''}/rows`, { after, limit: 50 }, signal),
    enabled: search !== undefined,
    // What a permit showed is not kept beyond the page, and not asked for again behind one's back.
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  })
