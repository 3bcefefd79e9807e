import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, get, type Query } from './client'
import type { Blind, Coverage, List, PlannedField, PlannedPoint, Savings } from './types'

export const useCoverage = (field: PlannedField | null) =>
  useQuery({
    queryKey: ['coverage', field],
    queryFn: async ({ signal }) => (await call<Coverage>('POST', '/planning/coverage', { body: field, signal })).data,
    placeholderData: keepPreviousData,
    retry: false,
    enabled: field !== null,
  })

export const useBlindSpots = (polygon: GeoJSON.Polygon | null, cellMetres: number) =>
  useQuery({
    queryKey: ['blind-spots', polygon, cellMetres],
    queryFn: async ({ signal }) => (await call<Blind>('POST', '/planning/blind-spots', { body: { polygon, cell_metres: cellMetres }, signal })).data,
    retry: false,
    enabled: polygon !== null,
  })

export const usePlannedPoints = (query: Query) =>
  useQuery({
    queryKey: ['planned-points', query],
    queryFn: ({ signal }) => get<List<PlannedPoint>>('/planning/points', query, signal),
    placeholderData: keepPreviousData,
  })

export const useSavings = (query: Query) =>
  useQuery({
    queryKey: ['savings', query],
    queryFn: ({ signal }) => get<Savings>('/planning/savings', query, signal),
    placeholderData: keepPreviousData,
  })
