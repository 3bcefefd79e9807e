export type ImportState =
  | 'receiving' | 'checking' | 'checked' | 'committing' | 'committed' | 'undoing' | 'undone' | 'failed' | 'discarded'

/** What becomes of rows whose camera is on file already. */
export type Existing = 'change' | 'skip' | 'refuse'
export type CoordinateSystem = 'WGS-84' | 'GCJ-02' | 'BD-09'

/** One file of cameras on its way in: checked first, committed by a person, undone as a whole. */
export interface ImportRun {
  id: string
  name: string
  format: string
  state: ImportState
  existing: Existing
  system: CoordinateSystem | null
  by: string
  bytes: number
  /** Null until the file is read. */
  rows: number | null
  /** Rows worked on in this state. */
  done: number
  total: number | null
  progress: number | null
  remaining_seconds: number | null
  added: number
  changed: number
  /** Archived cameras that come back. */
  restored: number
  /** Rows that change nothing. */
  same: number
  refused: number
  unknown_columns: string[]
  /** Why the file could not be read. */
  problem: { code: string; message: string } | null
  created_at: string
  state_at: string
  committed_at: string | null
}

/** What is wrong with one cell. */
export interface RowProblem {
  row: number
  field: string
  /** The field's heading in the person's language. */
  column: string
  code: string
  message: string
  rule: string | null
  expected: unknown
  actual: unknown
}
