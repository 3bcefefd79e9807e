export type ImportState = 'checking' | 'checked' | 'committing' | 'committed' | 'undoing' | 'undone' | 'failed'

/** One file of cameras on its way in: checked first, committed by a person, undone as a whole. */
export interface ImportRun {
  id: string
  name: string
  format: string
  state: ImportState
  made_at: string
  made_by: string | null
  finished_at: string | null
  rows: number
  /** Rows that would be filed as they stand. */
  good: number
  bad: number
  new: number
  changed: number
  unchanged: number
  done: number
  remaining_seconds: number | null
  can_undo: boolean
}

/** One thing wrong with one field of one row. */
export interface RowProblem {
  row: number
  field: string | null
  value: string | null
  code: string
  rule: string | null
  message: string
}
