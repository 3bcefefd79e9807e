/** What somebody typed about an order, kept on the telephone until it was sent: a tunnel or a reload loses nothing. */
export interface Draft {
  cause: string
  words: string
  parts: string
}

export const EMPTY: Draft = { cause: '', words: '', parts: '' }

const KEY = 'commonsight.order.'
/** Drafts kept at once; the oldest go. */
const MOST = 40

interface Kept extends Draft {
  at: number
}

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The draft of an order; an empty one when there is none, or what lies there is not ours. */
export function readDraft(order: string, shelf: Shelf = localStorage): Draft {
  try {
    const kept = JSON.parse(shelf.getItem(KEY + order) ?? '{}') as Partial<Kept>
    return { cause: text(kept.cause), words: text(kept.words), parts: text(kept.parts) }
  } catch {
    return EMPTY
  }
}

export function writeDraft(order: string, draft: Draft, shelf: Shelf = localStorage, now = Date.now()): void {
  try {
    if (!draft.cause && !draft.words && !draft.parts) {
      shelf.removeItem(KEY + order)
      return
    }
    shelf.setItem(KEY + order, JSON.stringify({ ...draft, at: now } satisfies Kept))
    tidy(shelf)
  } catch {
    // A full or forbidden shelf: the page still works, it only forgets at a reload.
  }
}

function tidy(shelf: Shelf): void {
  const found: { key: string; at: number }[] = []
  for (let place = 0; place < shelf.length; place += 1) {
    const key = shelf.key(place)
    if (!key?.startsWith(KEY)) continue
    const kept = JSON.parse(shelf.getItem(key) ?? '{}') as Partial<Kept>
    found.push({ key, at: typeof kept.at === 'number' ? kept.at : 0 })
  }
  found.sort((a, b) => b.at - a.at)
  for (const old of found.slice(MOST)) shelf.removeItem(old.key)
}
