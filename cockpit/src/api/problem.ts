/** A refusal as the platform sends it (RFC 9457): it names the rule, the operand and both values. */
export interface ProblemDocument {
  type?: string
  title?: string
  status?: number
  detail?: string
  code?: string
  rule?: string | null
  operand?: string | null
  expected?: unknown
  actual?: unknown
}

/** Thrown by every call that was refused or did not arrive. `status` is 0 when there was no answer. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly document: ProblemDocument

  constructor(document: ProblemDocument, status: number) {
    super(document.detail ?? document.title ?? `HTTP ${status}`)
    this.name = 'Problem'
    this.status = status
    this.code = document.code ?? (status === 0 ? 'page.no_answer' : `http.${status}`)
    this.document = document
  }
}

/** Reads a refused answer; a body that is no problem document (a proxy's page) still becomes a Problem. */
export async function problemFrom(response: Response): Promise<Problem> {
  const document: ProblemDocument = {}
  try {
    const body: unknown = await response.json()
    if (typeof body === 'object' && body !== null) Object.assign(document, body)
  } catch {
    // not JSON: the status is all we know
  }
  return new Problem(document, response.status)
}

export interface ProblemFact {
  label: 'rule' | 'operand' | 'expected' | 'actual'
  value: string
}

/** The facts a refusal carries beyond its sentence, in reading order, as plain text; what the sentence says already is left out. */
export function problemFacts(document: ProblemDocument): ProblemFact[] {
  const facts: ProblemFact[] = []
  for (const label of ['rule', 'operand', 'expected', 'actual'] as const) {
    const value = document[label]
    if (value === undefined || value === null || value === '') continue
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (!document.detail?.includes(text)) facts.push({ label, value: text })
  }
  return facts
}
