/** States in which a process does its work or is about to. */
const WELL = new Set(['running', 'alive', 'ready', 'ok', 'starting'])

export const isTrouble = (state: string): boolean => !WELL.has(state)
