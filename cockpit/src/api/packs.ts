import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get } from './client'
import type { List } from './types'

export type Pack = Record<string, unknown>

export interface Finding {
  code: 'card_missing' | 'card_differs' | 'parameter_unknown' | 'parameter_bounded' | 'ground_missing' | 'redraw' | 'full' | 'model_missing'
  blocks: boolean
  what: string
  expected: string
  actual: string
}

export interface Checked {
  name: string
  note: string
  made_at: string
  made_by: string
  sha256: string
  setups: { scene: string; name: string; accuracy: number; findings: Finding[] }[]
  cameras: { camera_id: string; name: string; laid: number; findings: Finding[] }[]
}

export interface PackChange {
  id: string
  at: string
  by_name: string
  pack_name: string
  pack_sha256: string
  cameras: number
  undone_at: string | null
  undone_by_name: string | null
  kept: number
}

interface Meant {
  pack: Pack
  cameras: string[]
  whole: boolean
}

export const exportPack = async (body: { cameras: { camera_id: string }[]; name: string; note: string; named: boolean }): Promise<Pack> =>
  (await call<Pack>('POST', '/scene-packs/export', { body })).data

export const checkPack = async (body: Meant): Promise<Checked> => (await call<Checked>('POST', '/scene-packs/check', { body })).data

export const applyPack = async (body: Meant): Promise<Checked & { change: string }> =>
  (await call<Checked & { change: string }>('POST', '/scene-packs/apply', { body })).data

export const undoChange = (id: string) => call('POST', `/scene-packs/changes/${id}/undo`)

export const usePackChanges = (after: string | undefined) =>
  useQuery({
    queryKey: ['pack-changes', after],
    queryFn: ({ signal }) => get<List<PackChange>>('/scene-packs/changes', { after, limit: 20 }, signal),
    placeholderData: keepPreviousData,
  })
