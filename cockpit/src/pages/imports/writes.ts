import type { ImportRun } from '@/api/types'

/** Rows that a commit writes. */
export const writes = ({ added, changed, restored }: Pick<ImportRun, 'added' | 'changed' | 'restored'>): number => added + changed + restored
