/** Why somebody looks at a picture. Asked before the first frame, shown under it as long as it plays. */
export interface ChosenPurpose {
  code: string
  text: string
  /** Use the same purpose for the next cameras of this browser session without asking again. */
  keep: boolean
  /** Without a grant: seen at once, reviewed afterwards. Never kept for the next camera. */
  emergency?: boolean
}

const KEY = 'commonsight.purpose'

export function rememberedPurpose(): ChosenPurpose | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const { code, text, keep } = value as Partial<ChosenPurpose>
    return typeof code === 'string' && typeof text === 'string' ? { code, text, keep: keep === true } : null
  } catch {
    return null
  }
}

export function rememberPurpose(purpose: ChosenPurpose): void {
  try {
    if (!purpose.emergency) sessionStorage.setItem(KEY, JSON.stringify(purpose))
  } catch {
    // storage is forbidden: the purpose is asked each time
  }
}
