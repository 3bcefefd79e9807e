import { Problem, problemFrom } from './problem'

export const BASE = '/api/v1'

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>

interface Call {
  query?: Query | undefined
  body?: unknown
  /** A file to send as it is, instead of a JSON `body`. */
  file?: Blob | undefined
  /** The ETag that was read; the platform refuses the write when somebody else was faster. */
  ifMatch?: string | undefined
  signal?: AbortSignal | undefined
}

export interface Answer<T> {
  data: T
  etag: string | null
}

let language = 'zh'
let onSessionLost: () => void = () => undefined

/** Language in which the platform words its refusals. */
export function setRequestLanguage(next: string): void {
  language = next
}

/** Called when an answer says that nobody is logged in any more. */
export function whenSessionIsLost(listener: () => void): void {
  onSessionLost = listener
}

export function path(route: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return `${BASE}${route}${text ? `?${text}` : ''}`
}

/** One exchange; whatever is not a success is thrown as a `Problem`. */
async function send(method: string, route: string, { query, body, file, ifMatch, signal }: Call, accept: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept, 'Accept-Language': language }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (file !== undefined) headers['Content-Type'] = file.type || 'application/octet-stream'
  if (ifMatch !== undefined) headers['If-Match'] = ifMatch
  let response: Response
  try {
    response = await fetch(path(route, query), {
      method,
      headers,
      credentials: 'same-origin',
      body: file ?? (body === undefined ? null : JSON.stringify(body)),
      signal: signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem({}, 0)
  }
  if (!response.ok) {
    const problem = await problemFrom(response)
    if (response.status === 401 && route !== '/sessions') onSessionLost()
    throw problem
  }
  return response
}

export async function call<T>(method: string, route: string, given: Call = {}): Promise<Answer<T>> {
  const response = await send(method, route, given, 'application/json')
  const data = (response.status === 204 ? undefined : await response.json()) as T
  return { data, etag: response.headers.get('ETag') }
}

/** Asks for something that is no JSON, such as a picture. */
export async function callForBlob(method: string, route: string, given: Call = {}): Promise<Blob> {
  return (await send(method, route, given, '*/*')).blob()
}

/** Reads one resource without its ETag. */
export async function get<T>(route: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', route, { query, signal })).data
}
