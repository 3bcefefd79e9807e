/** Keyboard of the page: single keys, and `g` followed by a letter. Pure, so that it can be tested without a page. */
export interface KeyPress {
  key: string
  /** The press went to something a person types into. */
  typing: boolean
  /** Ctrl, Alt or Meta is held: the browser's or the system's own shortcut. */
  modified: boolean
}

export type Command = { is: 'search' } | { is: 'help' } | { is: 'go'; letter: string }

/** How long `g` waits for its letter, milliseconds. */
export const CHORD_MS = 1200

export class Keys {
  private chordSince: number | null = null

  press({ key, typing, modified }: KeyPress, now: number): Command | null {
    if (typing || modified) {
      this.chordSince = null
      return null
    }
    const inChord = this.chordSince !== null && now - this.chordSince <= CHORD_MS
    this.chordSince = null
    if (inChord && /^[a-z]$/.test(key)) return { is: 'go', letter: key }
    if (key === 'g') {
      this.chordSince = now
      return null
    }
    if (key === '/') return { is: 'search' }
    if (key === '?') return { is: 'help' }
    return null
  }
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}
