import type { Quirks } from '@/api/types'

/** Quirks as a person edits them: one `name = value` a line, in the order of their names. */
export function writeQuirks(quirks: Quirks): string {
  return Object.keys(quirks)
    .sort()
    .map((name) => {
      const value = quirks[name]
      return `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`
    })
    .join('\n')
}

export type ReadQuirks = { ok: true; quirks: Quirks } | { ok: false; line: number }

/** Reads what was typed; `true`, `false`, `null` and numbers are meant as such, all else is text. */
export function readQuirks(text: string): ReadQuirks {
  const quirks: Record<string, string | number | boolean | null> = {}
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (!line) continue
    const match = /^(\w[\w.-]*)\s*=\s*(.+)$/.exec(line)
    if (!match) return { ok: false, line: index + 1 }
    const [, name = '', value = ''] = match
    quirks[name] = valueOf(value)
  }
  return { ok: true, quirks }
}

function valueOf(text: string): string | number | boolean | null {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^-?\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : text
}
