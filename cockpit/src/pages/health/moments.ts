/** What a `datetime-local` field holds, as a moment of the region's zone; undefined while it is empty. */
export function momentOf(local: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(local)) return undefined
  return new Date(`${local.slice(0, 16)}:00+08:00`).toISOString()
}

/** The same the other way: a moment as the field shows it. */
export function localOf(moment: Date): string {
  return new Date(moment.getTime() + 8 * 3_600_000).toISOString().slice(0, 16)
}
