import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get, type Query } from './client'
import type { ImportRun, List, RowProblem } from './types'

const SECOND = 1000
const WORKING: readonly ImportRun['state'][] = ['checking', 'committing', 'undoing']
export const isWorking = (run: ImportRun): boolean => WORKING.includes(run.state)

export const useImports = (query: Query) =>
  useQuery({
    queryKey: ['imports', query],
    queryFn: ({ signal }) => get<List<ImportRun>>('/imports', query, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(isWorking) ? 2 * SECOND : 30 * SECOND),
    placeholderData: keepPreviousData,
  })

export const useImport = (id: string | undefined) =>
  useQuery({
    queryKey: ['import', id],
    queryFn: ({ signal }) => get<ImportRun>(`/imports/${id ?? ''}`, undefined, signal),
    refetchInterval: ({ state }) => (state.data && isWorking(state.data) ? SECOND : false),
    enabled: id !== undefined,
  })

export const useRowProblems = (id: string, query: Query, enabled = true) =>
  useQuery({
    queryKey: ['import-problems', id, query],
    queryFn: ({ signal }) => get<List<RowProblem>>(`/imports/${id}/problems`, query, signal),
    placeholderData: keepPreviousData,
    enabled,
  })
