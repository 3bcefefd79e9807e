/** One line of what an audit entry says was changed. */
export interface Change {
  field: string
  /** null: the entry tells no state before. */
  before: string | null
  after: string
}

const shown = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '—'
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map(shown).join(', ')
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}

/** What an entry says, field by field. Where something was changed, a list of two is before and after. */
export function changesOf(action: string, detail: Readonly<Record<string, unknown>>): Change[] {
  const changed = /_(changed|set|replaced|updated)$/.test(action)
  return Object.entries(detail).map(([field, value]) =>
    changed && Array.isArray(value) && value.length === 2
      ? { field, before: shown(value[0]), after: shown(value[1]) }
      : { field, before: null, after: shown(value) },
  )
}

/** A browser as people know it, from how it names itself. */
export function browserOf(agent: string | null): string {
  if (!agent) return '—'
  const found = /(Edg|OPR|Firefox|Chrome|Version)\/(\d+)/.exec(agent.replace(/Chrome\/\d+[^ ]* .*?(Edg|OPR)\//, '$1/'))
  const name = found && { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Version: 'Safari' }[found[1] as string]
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0]
  return name ? [`${name} ${found[2] ?? ''}`, system].filter(Boolean).join(' · ') : agent.slice(0, 60)
}
