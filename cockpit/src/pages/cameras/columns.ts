/** Columns of the camera table, in the order they stand. */
export const COLUMNS = [
  'health', 'name', 'code', 'region', 'address', 'platform', 'organisation', 'kind', 'sector', 'place', 'health_at', 'source', 'analysis',
] as const
export type Column = (typeof COLUMNS)[number]

export const SHOWN_AT_FIRST: readonly Column[] = ['health', 'name', 'region', 'address', 'platform', 'health_at', 'source', 'analysis']
/** The way to the camera: cannot be hidden. */
const ALWAYS: readonly Column[] = ['name']

/** Reads remembered columns; unknown names (an older page's) are dropped and the order is the table's. */
export function readColumns(text: string | null): Column[] {
  try {
    const stored: unknown = JSON.parse(text ?? 'null')
    if (!Array.isArray(stored)) return [...SHOWN_AT_FIRST]
    return orderedColumns(stored.filter((name): name is Column => COLUMNS.includes(name as Column)))
  } catch {
    return [...SHOWN_AT_FIRST]
  }
}

export const orderedColumns = (chosen: readonly Column[]): Column[] =>
  COLUMNS.filter((column) => chosen.includes(column) || ALWAYS.includes(column))

const key = (person: string) => `commonsight.columns.${person}`

export function rememberedColumns(person: string): Column[] {
  try {
    return readColumns(localStorage.getItem(key(person)))
  } catch {
    return [...SHOWN_AT_FIRST]
  }
}

export function rememberColumns(person: string, columns: readonly Column[]): void {
  try {
    localStorage.setItem(key(person), JSON.stringify(columns))
  } catch {
    // storage is forbidden: kept for this visit only
  }
}
